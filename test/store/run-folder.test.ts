import assert from "node:assert/strict";
import { cpSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import type { Context } from "../../src/domain/context.ts";
import type { StageRequest } from "../../src/domain/records.ts";
import type { Stage } from "../../src/domain/stage.ts";
import { StoreError } from "../../src/errors.ts";
import { parseFloats } from "../../src/store/measurements.ts";
import { openRunFolder, type RunFolder } from "../../src/store/run-folder.ts";
import { openLanguageFolder } from "../helpers/language-run.ts";
import { createTemporaryFolder, systemClock } from "../helpers/temporary-folder.ts";
import { createToyTrial } from "../helpers/toy-system.ts";

const turn = { ...createToyTrial("a", 0), generation: 0 };
const input: Stage = { key: "i".repeat(64), kind: "assemble", value: null, digest: "first" };

function createRequest(key: string, inputs: readonly Stage[] = [input], kind: Stage["kind"] = "sample"): StageRequest {
  return { key, inputs, description: { kind, version: 1, parameters: { a: 1 }, inputs, turn } };
}

async function open(context: TestContext): Promise<RunFolder> {
  const folder = await openLanguageFolder(join(createTemporaryFolder(context), "run"));
  context.after(() => folder.close().catch(() => undefined));
  return folder;
}

const candidate = {
  promptId: "train-0",
  draw: 0,
  completion: "a fox",
  finish: "stop",
  reason: null,
  logProbability: -1.5,
  tokenCount: 2,
  tokenLogProbabilities: Float64Array.of(-1, -0.5),
  attempt: "one",
} as const;

async function writeCandidate({ shelf, createLedger }: RunFolder, key: string): Promise<void> {
  const ledger: Context["ledger"] = createLedger(key);
  await ledger.intend({ key: "one", rowCount: 1, isOutside: false });
  await shelf.writeCandidates(key, { split: "train", draws: 1, candidates: [candidate] });
}

test("a finished stage is read back with its value and digest", async (context) => {
  const { records } = await open(context);
  const request = createRequest("k1");
  assert.equal(records.read(request), undefined);
  await records.begin(request);
  assert.equal(records.read(request), undefined, "a running stage is not finished");
  const stage = await records.finish(request, { rows: 3 });
  assert.deepEqual(records.read(request), stage);
  assert.deepEqual(stage.value, { rows: 3 });
});

test("a stage made from other inputs is not reused, and its rows are cleared when it begins again", async (context) => {
  const folder = await open(context);
  const { records, shelf } = folder;
  await records.begin(createRequest("k1"));
  await writeCandidate(folder, "k1");
  await records.finish(createRequest("k1"), { rows: 1 });
  const changed = createRequest("k1", [{ ...input, digest: "second" }]);
  assert.equal(records.read(changed), undefined);
  assert.equal(shelf.candidateCount("k1"), 1);
  await records.begin(changed);
  assert.equal(shelf.candidateCount("k1"), 0);
});

test("a torn stage on the same inputs keeps what was committed", async (context) => {
  const folder = await open(context);
  await folder.records.begin(createRequest("k1"));
  await writeCandidate(folder, "k1");
  await folder.records.begin(createRequest("k1"));
  assert.deepEqual([...(await folder.shelf.readSampled("k1", { split: "train", draws: 1 }))].slice(0, 3), [1, 0, 0]);
});

test("a candidate comes back as it was written, log-probabilities to the last bit", async (context) => {
  const folder = await open(context);
  await folder.records.begin(createRequest("k1"));
  await writeCandidate(folder, "k1");
  for await (const stored of folder.shelf.readCandidates("k1")) {
    assert.deepEqual(stored.candidate, { ...candidate, tokenLogProbabilities: null });
    assert.equal(stored.row.id, "train-0");
  }
  const other = new Database(join(folder.directory, "state.db"), { readonly: true });
  const blob = other.prepare<[], Buffer>("SELECT token_log_probabilities FROM candidate").pluck().get();
  other.close();
  assert.deepEqual(parseFloats(blob!), candidate.tokenLogProbabilities);
});

test("a candidate cannot be written twice", async (context) => {
  const folder = await open(context);
  await folder.records.begin(createRequest("k1"));
  await writeCandidate(folder, "k1");
  await assert.rejects(
    writeCandidate(folder, "k1"),
    (error) => error instanceof StoreError && /UNIQUE/.test(error.message),
  );
});

test("a damaged value is refused on read", async (context) => {
  const folder = await open(context);
  await folder.records.begin(createRequest("k1"));
  await folder.records.finish(createRequest("k1"), { rows: 3 });
  const other = new Database(join(folder.directory, "state.db"));
  other.prepare("UPDATE stage SET value = replace(value, '3', '4')").run();
  other.close();
  assert.throws(() => folder.records.read(createRequest("k1")), /the value of sample stage k1 is damaged/);
});

test("infinite measurements are kept, NaN is refused", async (context) => {
  const folder = await open(context);
  const request = createRequest("k1", [input], "evaluate");
  await folder.records.begin(request);
  await assert.rejects(
    folder.records.finish(request, [{ metric: "loss", value: Number.NaN }]),
    /metric loss is not a number/,
  );
  await folder.records.finish(request, [{ metric: "loss", value: Infinity, low: -Infinity, high: Infinity }]);
  const other = new Database(join(folder.directory, "state.db"), { readonly: true });
  assert.deepEqual(other.prepare("SELECT value, low, high FROM metric").get(), {
    value: Infinity,
    low: -Infinity,
    high: Infinity,
  });
  other.close();
});

test("a plan marks what is no longer asked for as stale, and takes it back when it is", async (context) => {
  const folder = await open(context);
  const planned = ["k1", "k2"].map((key) => ({ ...createRequest(key), turns: [turn] }));
  await folder.writePlan(planned, []);
  await folder.records.begin(createRequest("k1"));
  await folder.records.finish(createRequest("k1"), 1);
  const states = () => {
    const other = new Database(join(folder.directory, "state.db"), { readonly: true });
    const rows = other.prepare("SELECT key, state, planned FROM stage ORDER BY key").raw().all();
    other.close();
    return rows;
  };
  assert.deepEqual(states(), [
    ["k1", "done", 1],
    ["k2", "new", 1],
  ]);
  await folder.writePlan(planned.slice(1), []);
  assert.deepEqual(states(), [
    ["k1", "stale", 0],
    ["k2", "new", 1],
  ]);
  assert.deepEqual(folder.finishedStages(), [{ key: "k1", kind: "sample", isStale: true }]);
  await folder.writePlan(planned, []);
  assert.deepEqual(states(), [
    ["k1", "done", 1],
    ["k2", "new", 1],
  ]);
});

test("a model is an artifact under its digest; a draft left behind is removed; a released model says so", async (context) => {
  const folder = await open(context);
  await folder.records.begin(createRequest("k1", [input], "train"));
  const draft = await folder.shelf.createDraft("k1");
  writeFileSync(draft, "parameters");
  const model = await folder.shelf.writeModel("k1", draft);
  assert.equal(existsSync(draft), false);
  assert.equal(model.file, join(folder.directory, "artifacts", model.digest));
  assert.deepEqual(await folder.shelf.readModel("k1"), model);
  writeFileSync(await folder.shelf.createDraft("k2"), "torn");
  await folder.close();

  const again = await openRunFolder(folder.directory, { clock: systemClock, holder: {} });
  context.after(() => again.close());
  assert.equal(existsSync(join(folder.directory, "artifacts", "draft-k2.tmp")), false);
  await again.artifacts.release(model.digest);
  await assert.rejects(again.shelf.readModel("k1"), /the model of stage k1 was released/);
});

test("the folder of a stopped run can be copied and gone on with", async (context) => {
  const folder = await open(context);
  await folder.records.begin(createRequest("k1"));
  await folder.records.finish(createRequest("k1"), { rows: 3 });
  await folder.close();
  const copy = join(createTemporaryFolder(context), "elsewhere");
  cpSync(folder.directory, copy, { recursive: true });
  const moved = await openRunFolder(copy, { clock: systemClock, holder: {} });
  assert.deepEqual(moved.records.read(createRequest("k1"))?.value, { rows: 3 });
  assert.equal(moved.shelf.rowCount("train"), 24);
  await moved.close();
});

test("scores behind a batch that was refused leave no gap; what is missing can be written again", async (context) => {
  const folder = await open(context);
  await folder.records.begin(createRequest("k1"));
  const createScores = (first: number, count: number) =>
    Array.from({ length: count }, (_, index) => ({ id: first + index, score: index / 2, reason: null }));
  const results = await Promise.allSettled([
    folder.shelf.writeScores("k1", createScores(0, 3)),
    folder.shelf.writeScores("k1", createScores(4, 3)),
    folder.shelf.writeScores("k1", createScores(7, 3)),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "rejected", "rejected"],
  );
  assert.equal(folder.shelf.scoreCount("k1"), 3);
  await folder.shelf.writeScores("k1", createScores(3, 2));
  assert.deepEqual([...(await folder.shelf.readScores("k1", 6))], [0, 0.5, 1, 0, 0.5, Number.NaN]);
});

test("a stage killed while rows of other inputs are removed is cleared before it begins again", async (context) => {
  const folder = await open(context);
  const { records, shelf } = folder;
  await records.begin(createRequest("k1"));
  await writeCandidate(folder, "k1");
  await records.finish(createRequest("k1"), { rows: 1 });
  const changed = createRequest("k1", [{ ...input, digest: "second" }]);
  // As it stands between the first slice and the last: disowned, some rows still there.
  const torn = new Database(join(folder.directory, "state.db"));
  torn.prepare("UPDATE stage SET state = 'new', inputs_sha256 = '', value = NULL WHERE key = 'k1'").run();
  torn.close();
  assert.equal(records.read(createRequest("k1")), undefined);
  await records.begin(createRequest("k1"));
  assert.equal(shelf.candidateCount("k1"), 0, "even on the inputs it once had");
  await records.begin(changed);
  assert.equal(shelf.candidateCount("k1"), 0);
});
