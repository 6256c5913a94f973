import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import type { StageRequest } from "../../../src/domain/records.ts";
import type { Candidate } from "../../../src/domain/rows.ts";
import type { Stage, StageKind } from "../../../src/domain/stage.ts";
import { StoreError } from "../../../src/errors.ts";
import type { RunFolder } from "../../../src/store/run-folder.ts";
import { inspect } from "../../crash/small-run.ts";
import { openLanguageFolder } from "../../helpers/language-run.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";
import { createToyTrial } from "../../helpers/toy-system.ts";

const turn = { ...createToyTrial("a", 0), generation: 0 };
const signal = new AbortController().signal;

function createRequest(kind: StageKind, inputs: readonly Stage[] = []): StageRequest {
  const description = { kind, version: 1, parameters: { kind }, inputs, turn };
  return { key: kind.padEnd(64, "0"), inputs, description };
}

const plan = (folder: RunFolder, requests: readonly StageRequest[]): Promise<void> =>
  folder.writePlan(
    requests.map((request) => ({ ...request, turns: [turn] })),
    [],
  );

async function writeCandidates(folder: RunFolder, request: StageRequest, texts: readonly string[]): Promise<void> {
  await folder.records.begin(request);
  await folder.createLedger(request.key).intend({ key: "one", rowCount: texts.length, isOutside: false });
  const candidates = texts.map(
    (completion, index): Candidate => ({
      promptId: `train-${index}`,
      draw: 0,
      completion,
      finish: "stop",
      reason: null,
      logProbability: index === 0 ? Number.NEGATIVE_INFINITY : -0,
      tokenCount: 1,
      tokenLogProbabilities: Float64Array.of(-0, Number.NEGATIVE_INFINITY),
      attempt: "one",
    }),
  );
  // Order of arrival carries no meaning.
  await folder.shelf.writeCandidates(request.key, { split: "train", draws: 1, candidates: candidates.reverse() });
}

function tamper(directory: string, sql: string): void {
  const connection = new Database(join(directory, "state.db"));
  assert.ok(connection.prepare(sql).run().changes > 0);
  connection.close();
}

const refusal = (what: RegExp) => (error: unknown) =>
  error instanceof StoreError && error.exitCode === 5 && what.test(error.what) && /doctor/.test(error.next ?? "");

test("what SQLite changes on its way in is no damage; one changed letter of a torn stage is", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const sample = createRequest("sample");
  const folder = await openLanguageFolder(directory);
  await plan(folder, [sample]);
  await writeCandidates(folder, sample, ["lone \ud800 surrogate", "nul \u0000 inside", "line\u2028 \ufeff end", ""]);
  await folder.check(signal);
  await folder.close();
  const findings = await inspect(directory);
  assert.deepEqual(
    findings.filter(({ check, state }) => state === "problem" && check !== "stages"),
    [],
  );
  tamper(directory, "UPDATE candidate SET completion = 'line' WHERE id = 3");
  const again = await openLanguageFolder(directory);
  await assert.rejects(
    again.check(signal),
    refusal(/sample stage sample0+ is damaged: attempt one did not bring these/),
  );
  await again.close();
});

test("scores go on under one digest over several processes; a changed one is refused", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const [sample, verify] = [createRequest("sample"), createRequest("verify")];
  for (const id of [0, 1, 2]) {
    const folder = await openLanguageFolder(directory);
    await plan(folder, [sample, verify]);
    if (id === 0) await writeCandidates(folder, sample, ["a", "b", "c"]);
    await folder.check(signal);
    await folder.records.begin(verify);
    await folder.shelf.writeScores(verify.key, [
      { id, score: id === 1 ? null : 0.1, reason: id === 1 ? "empty" : null },
    ]);
    await folder.close();
  }
  tamper(directory, "UPDATE score SET score = 0.2 WHERE candidate_id = 2");
  const folder = await openLanguageFolder(directory);
  await assert.rejects(
    folder.check(signal),
    refusal(/the rows of verify stage verify0+ are not those that were written/),
  );
  await folder.close();
});

test("a damaged model is trained again where it is needed, and only there", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const folder = await openLanguageFolder(directory);
  const train = createRequest("train");
  await folder.records.begin(train);
  const draft = await folder.shelf.createDraft(train.key);
  writeFileSync(draft, "a model");
  const { digest } = await folder.shelf.writeModel(train.key, draft);
  const trained = await folder.records.finish(train, { sha256: digest });
  const sample = createRequest("sample", [trained]);
  await plan(folder, [train, sample]);
  await folder.close();
  assert.deepEqual(readdirSync(join(directory, "artifacts")), [digest]);
  writeFileSync(join(directory, "artifacts", digest), "a muddle");

  const again = await openLanguageFolder(directory);
  await plan(again, [train, sample]);
  await again.check(signal);
  assert.equal(again.records.read(train), undefined, "open work needs it");
  await again.records.begin(sample);
  await again.records.finish(sample, { rows: 0 });
  await again.close();

  const finished = await openLanguageFolder(directory);
  await finished.check(signal);
  assert.deepEqual(finished.records.read(train), trained, "nothing needs it any more");
  await finished.close();
});

test("a database that is not whole is refused before anything is written", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const folder = await openLanguageFolder(directory);
  await plan(folder, [createRequest("sample")]);
  await folder.close();
  const connection = new Database(join(directory, "state.db"));
  connection.pragma("foreign_keys = OFF");
  connection.exec("DELETE FROM dataset WHERE split = 'test'");
  connection.close();
  await assert.rejects(openLanguageFolder(directory), refusal(/is damaged: 9 rows of dataset_row refer to no dataset/));
  // The lock is free again.
  await assert.rejects(openLanguageFolder(directory), refusal(/is damaged/));
});

test("rows of other inputs that a killed process had begun to remove are no damage", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const sample = createRequest("sample");
  const folder = await openLanguageFolder(directory);
  await plan(folder, [sample]);
  await writeCandidates(folder, sample, ["a", "b", "c"]);
  await folder.close();
  tamper(directory, "UPDATE stage SET state = 'new', inputs_sha256 = '' WHERE kind = 'sample'");
  tamper(directory, "DELETE FROM candidate WHERE id < 2");
  const again = await openLanguageFolder(directory);
  await again.check(signal);
  await again.close();
  assert.ok(!(await inspect(directory)).some(({ check, state }) => state === "problem" && check === "rows"));
});
