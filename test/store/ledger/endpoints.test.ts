// The evidence of endpoints in a real run folder: kept over processes, replaced whole, and not believed when damaged.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import type { Stage } from "../../../src/domain/stage.ts";
import { StoreError } from "../../../src/errors.ts";
import type { Json } from "../../../src/keys/canonical.ts";
import { openRunFolder, type RunFolder } from "../../../src/store/run-folder.ts";
import { openLanguageFolder } from "../../helpers/language-run.ts";
import { createTemporaryFolder, systemClock } from "../../helpers/temporary-folder.ts";

test("evidence is read back as it was written last, by a later process too", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const options = { clock: systemClock, holder: { pid: process.pid } };
  const first = await openRunFolder(directory, options);
  assert.equal(first.endpoints.read("teacher"), undefined);
  await first.endpoints.write("teacher", { version: 1, terms: [-0.25, -1.5] });
  await first.endpoints.write("judge", { version: 1 });
  await first.endpoints.write("teacher", { version: 1, terms: [-0.5] });
  await first.close();
  const second = await openRunFolder(directory, options);
  assert.deepEqual(second.endpoints.read("teacher"), { version: 1, terms: [-0.5] });
  assert.deepEqual(second.endpoints.read("judge"), { version: 1 });
  await second.close();
});

test("what a server asked for is read back as it was asked last, each server's own, by a later process too", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const options = { clock: systemClock, holder: { pid: process.pid } };
  const asked = { url: "http://a/v1", askedMs: 1_800_000_000_000, waitMs: 600_000, reason: "429: slow down" };
  const first = await openRunFolder(directory, options);
  assert.equal(first.endpoints.readPatience("teacher", asked.url), undefined);
  await first.endpoints.writePatience("teacher", asked);
  await first.endpoints.writePatience("teacher", { ...asked, url: "http://b/v1", waitMs: 1 });
  await first.endpoints.writePatience("teacher", { ...asked, waitMs: 7000 });
  await first.close();
  const second = await openRunFolder(directory, options);
  const { readPatience } = second.endpoints;
  assert.deepEqual(readPatience("teacher", asked.url), { ...asked, waitMs: 7000 });
  assert.equal(readPatience("teacher", "http://b/v1")?.waitMs, 1);
  assert.equal(readPatience("judge", asked.url), undefined);
  await second.close();
});

test("damaged evidence is an error: a changed model could not be told from it", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const options = { clock: systemClock, holder: { pid: process.pid } };
  const first = await openRunFolder(directory, options);
  await first.endpoints.write("teacher", { terms: [-0.25] });
  await first.close();
  const connection = new Database(join(directory, "state.db"));
  connection.exec("UPDATE endpoint SET evidence = replace(evidence, '0.25', '0.26')");
  connection.close();
  const second = await openRunFolder(directory, options);
  assert.throws(() => second.endpoints.read("teacher"), StoreError);
  await second.endpoints.write("teacher", { terms: [-0.26] });
  assert.deepEqual(second.endpoints.read("teacher"), { terms: [-0.26] });
  await second.close();
});

const turn = { arm: { id: "arm", generations: 1, settings: null }, seed: 0, generation: 0 };
const createRequest = (key: string, kind: "train" | "sample" | "verify", rest: Asking = {}) => {
  const { parameters = null, inputs = [] } = rest;
  return { key: key.repeat(64), description: { kind, version: 1, parameters, inputs: [], turn }, inputs } as const;
};
type Asking = { readonly parameters?: Json; readonly inputs?: readonly Stage[] };

/** A stage with so many rows of what it asked outside, two an attempt; left as it is when its process dies. */
async function tear(folder: RunFolder, request: ReturnType<typeof createRequest>, count: number): Promise<void> {
  await folder.records.begin(request);
  const ledger = folder.createLedger(request.key);
  await ledger.intend({ key: "probe/any/models", rowCount: 0, isOutside: true });
  await ledger.record("probe/any/models", { kind: "told" });
  for (let at = 0; at < count / 2; at++) {
    const attempt = `rows ${at}`;
    const isSample = request.description.kind === "sample";
    await ledger.intend({ key: attempt, rowCount: isSample ? 2 : 0, isOutside: true, costUsd: 0.5 });
    if (!isSample) await ledger.record(attempt, { text: "7" });
    const row = {
      finish: "stop",
      reason: null,
      logProbability: -1,
      tokenCount: 1,
      tokenLogProbabilities: null,
    } as const;
    const candidates = [0, 1].map((draw) => ({ ...row, promptId: `train-${at}`, draw, completion: "old", attempt }));
    if (isSample) await folder.shelf.writeCandidates(request.key, { split: "train", draws: 2, candidates });
    else await folder.shelf.writeScores(request.key, [{ id: at, score: 7, reason: null }]);
  }
}

const readRows = async (folder: RunFolder, key: string): Promise<number> => {
  const isSampled = await folder.shelf.readSampled(key, { split: "train", draws: 2 });
  return isSampled.reduce((sum, each) => sum + each, 0);
};

const read = <Row>(directory: string, query: string): readonly Row[] => {
  const connection = new Database(join(directory, "state.db"), { readonly: true });
  const rows = connection.prepare<[], Row>(query).all();
  connection.close();
  return rows;
};

/** A teacher with a finished and a torn stage, a torn judge, and a stage of another endpoint. */
async function createTorn(directory: string) {
  const folder = await openLanguageFolder(directory);
  const teach = async (key: string, name: string) => {
    const request = createRequest(key, "train", { parameters: { endpoint: { name, model: "large" } } });
    await folder.records.begin(request);
    return folder.records.finish(request, { sha256: key });
  };
  const teachers = [await teach("1", "teacher"), await teach("2", "other")] as const;
  const whole = createRequest("a", "sample", { inputs: [teachers[0]] });
  await tear(folder, whole, 4);
  const sampled = await folder.records.finish(whole, { rows: 4 });
  const torn = createRequest("b", "sample", { inputs: [teachers[0]] });
  await tear(folder, torn, 6);
  const judge = { endpoint: { name: "judge", model: "large" } };
  // It reads what the teacher wrote, and asks it nothing.
  const judged = createRequest("c", "verify", { parameters: { verifier: judge }, inputs: [sampled] });
  await tear(folder, judged, 4);
  const other = createRequest("d", "sample", { inputs: [teachers[1]] });
  await tear(folder, other, 2);
  await folder.endpoints.write("teacher", { terms: [-0.5] });
  await folder.close();
  return { whole, torn, judged, other };
}

const asked = { endpoint: "teacher", model: "large" };

test("unfinished stages are found by the model they asked, with the rows that they have", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const { torn, judged, other } = await createTorn(directory);
  const folder = await openLanguageFolder(directory);
  const list = (endpoint: string, model: string | null) => folder.endpoints.listUnfinished({ endpoint, model });
  assert.deepEqual(list("teacher", "large"), [{ key: torn.key, isPlanned: true, rowCount: 6, usd: 1.5 }]);
  assert.deepEqual(list("teacher", null), list("teacher", "large"));
  assert.deepEqual(list("teacher", "small"), []);
  assert.deepEqual(list("judge", "large"), [{ key: judged.key, isPlanned: true, rowCount: 2, usd: 1 }]);
  assert.deepEqual(list("other", "large"), [{ key: other.key, isPlanned: true, rowCount: 2, usd: 0.5 }]);
  assert.deepEqual(list("nobody", null), []);
  await folder.close();
});

test("another model and the end of the rows of the former are one transaction; what was paid stays paid", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const { whole, torn, judged, other } = await createTorn(directory);
  const spent = read(
    directory,
    "SELECT sum(cost_usd), sum(try_count), sum(token_count + try_token_count) FROM attempt",
  );
  const first = await openLanguageFolder(directory);
  await first.endpoints.replace(asked, { terms: [-0.25] });
  assert.deepEqual(first.endpoints.listUnfinished(asked), []);
  // Killed before any stage was begun again.
  await first.close();

  const second = await openLanguageFolder(directory);
  assert.deepEqual(second.endpoints.read("teacher"), { terms: [-0.25] });
  await second.check(new AbortController().signal);
  for (const request of [torn, judged, other]) await second.records.begin(request);
  assert.deepEqual([await readRows(second, torn.key), await readRows(second, other.key)], [0, 2]);
  assert.equal(second.shelf.scoreCount(judged.key), 2);
  assert.equal(await readRows(second, whole.key), 4);
  assert.ok(second.records.read(whole));
  assert.equal(second.createLedger(torn.key).recall("probe/any/models"), undefined);
  assert.deepEqual(second.createLedger(judged.key).recall("rows 0"), { text: "7" });
  await second.close();
  assert.deepEqual(
    read(directory, "SELECT sum(cost_usd), sum(try_count), sum(token_count + try_token_count) FROM attempt"),
    spent,
  );
});

test("where the fingerprint cannot be written nothing is disowned", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const { torn } = await createTorn(directory);
  const folder = await openLanguageFolder(directory);
  const connection = new Database(join(directory, "state.db"));
  connection.exec(
    "CREATE TRIGGER full BEFORE INSERT ON endpoint BEGIN SELECT RAISE(ABORT, 'no room for the fingerprint'); END",
  );
  await assert.rejects(folder.endpoints.replace(asked, { terms: [-0.25] }), /no room/);
  connection.exec("DROP TRIGGER full");
  connection.close();
  assert.deepEqual(folder.endpoints.read("teacher"), { terms: [-0.5] });
  await folder.records.begin(torn);
  assert.equal(await readRows(folder, torn.key), 6);
  await folder.close();
});

test("a stage that is at work is not disowned under its hands", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const { torn } = await createTorn(directory);
  const folder = await openLanguageFolder(directory);
  await folder.records.begin(torn);
  await folder.endpoints.replace(asked, { terms: [-0.25] });
  await folder.records.finish(torn, { rows: 6 });
  assert.ok(folder.records.read(torn));
  await folder.close();
});
