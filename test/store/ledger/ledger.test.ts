// The ledger's states and numbers, through a real run folder: what is sent, answered, lost and sent again.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { readKnownRun } from "../../../src/store/known-stages.ts";
import type { RunFolder } from "../../../src/store/run-folder.ts";
import { readStatus } from "../../../src/store/status.ts";
import { openLanguageFolder } from "../../helpers/language-run.ts";
import { createStageRequest } from "../../helpers/stage-request.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";

const request = createStageRequest("sample");

async function open(directory: string): Promise<RunFolder> {
  const folder = await openLanguageFolder(directory);
  await folder.writeRun({ name: "run", source: "", resolved: { header: { lint: {} } } });
  await folder.records.begin(request);
  return folder;
}

function readAttempts(directory: string): readonly Record<string, unknown>[] {
  const connection = new Database(join(directory, "state.db"), { readonly: true });
  const query = "SELECT key, state, reason, try_count, repeat_count, cost_usd, token_count FROM attempt ORDER BY key";
  const rows = connection.prepare<[], Record<string, unknown>>(query).all();
  connection.close();
  return rows;
}

const outside = { rowCount: 2, isOutside: true, costUsd: 0.5 };

test("an attempt that is certainly not billed gives its price back; one whose reply is unknown does not", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const folder = await open(directory);
  const ledger = folder.createLedger(request.key);
  await ledger.intend({ key: "busy", ...outside });
  await ledger.settle("busy", { state: "retryable", reason: "too busy" });
  await ledger.intend({ key: "busy", ...outside });
  await ledger.settle("busy", { state: "retryable", reason: "too busy" });
  await ledger.intend({ key: "failed", ...outside });
  await ledger.settle("failed", { state: "failed", reason: "no" });
  await ledger.intend({ key: "lost", ...outside });
  await ledger.settle("lost", { state: "unknown", reason: "no reply" });
  await ledger.intend({ key: "lost", ...outside });
  await ledger.intend({ key: "own", rowCount: 2, isOutside: false });
  await folder.records.finish(request, null);
  assert.deepEqual(
    readAttempts(directory).map((row) => Object.values(row)),
    [
      ["busy", "retryable", "too busy", 2, 0, 0, 0],
      ["failed", "failed", "no", 1, 0, 0, 0],
      ["lost", "sent", null, 2, 1, 1, 0],
      ["own", "planned", null, 1, 0, 0, 0],
    ],
  );
  const { inFlight, spent, reserved, possiblyPaid, unanswered, possiblyPaidTwice } = readStatus(directory);
  assert.deepEqual([inFlight, unanswered, possiblyPaidTwice], [2, 0, 1]);
  // The one that was lost may have been billed; the same once more is under way.
  assert.deepEqual(spent, { usd: 0, requests: 3, tokens: 0 });
  const once = { usd: 0.5, requests: 1, tokens: 0 };
  assert.deepEqual([reserved, possiblyPaid], [once, once]);
  await folder.close();
});

test("what a dead process had sent is unknown when the run is opened again, and counted once it is sent again", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const first = await open(directory);
  await first.createLedger(request.key).intend({ key: "a", ...outside });
  await first.close();
  assert.deepEqual([readStatus(directory).unanswered, readStatus(directory).inFlight], [1, 0]);
  const second = await open(directory);
  assert.equal(readAttempts(directory)[0]?.state, "unknown");
  await second.createLedger(request.key).intend({ key: "a", ...outside });
  const { unanswered, possiblyPaidTwice, spent, reserved, possiblyPaid } = readStatus(directory);
  assert.deepEqual([unanswered, possiblyPaidTwice], [0, 1]);
  assert.deepEqual([spent.usd, reserved.usd, possiblyPaid.usd], [0, 0.5, 0.5]);
  second.createLedger(request.key).account("a", { url: "", promptTokens: 3, completionTokens: 2, usd: 0.1 });
  await second.createLedger(request.key).record("a", null);
  await second.close();
  const finished = readStatus(directory);
  // Seen in the end; the sending that nobody saw an answer of stays one.
  assert.deepEqual(finished.spent, { usd: 0.1, requests: 1, tokens: 5 });
  assert.deepEqual(finished.possiblyPaid, { usd: 0.5, requests: 1, tokens: 0 });
});

test("what is answered is closed with its rows and tokens, and costs what it cost", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const folder = await open(directory);
  await folder.createLedger(request.key).intend({ key: "a", ...outside });
  const candidates = [0, 1].map((draw) => ({
    promptId: "train-0",
    draw,
    completion: "a fox",
    finish: "stop" as const,
    reason: null,
    logProbability: -1,
    tokenCount: 2,
    tokenLogProbabilities: Float64Array.of(-0.5, -0.5),
    attempt: "a",
  }));
  await folder.shelf.writeCandidates(request.key, { split: "train", draws: 2, candidates });
  const batch = {
    split: "train",
    draws: 2,
    candidates: candidates.map((each) => ({ ...each, attempt: "b" })),
  } as const;
  await assert.rejects(folder.shelf.writeCandidates(request.key, batch), /attempt b was never intended/);
  assert.deepEqual(Object.values(readAttempts(directory)[0] ?? {}), ["a", "done", null, 1, 0, 0.5, 4]);
  assert.equal(folder.shelf.candidateCount(request.key), 2);
  await folder.close();
});

test("what was answered stays paid: told that it came to nothing, it gives no price back", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const folder = await open(directory);
  const ledger = folder.createLedger(request.key);
  await ledger.intend({ key: "launch", ...outside, rowCount: 0 });
  const draft = await folder.shelf.createDraft(request.key);
  writeFileSync(draft, "a model");
  await folder.shelf.writeModel(request.key, draft);
  await ledger.settle("launch", { state: "retryable", reason: "no such job" });
  const read = () => Object.values(readAttempts(directory)[0] ?? {}).slice(1, 6);
  assert.deepEqual(read(), ["done", null, 1, 0, 0.5]);
  await ledger.intend({ key: "launch", ...outside, rowCount: 0 });
  assert.deepEqual(read(), ["sent", null, 2, 0, 1]);
  await folder.close();
});

test("attempts of other inputs are to be made again, and stay counted", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const folder = await open(directory);
  const ledger = folder.createLedger(request.key);
  // More than are reopened at once.
  const keys = Array.from({ length: 1100 }, (_, index) => `prompt ${index}`);
  await Promise.all(keys.map((key) => ledger.intend({ key, ...outside })));
  const input = { key: "i".repeat(64), kind: "train", value: null, digest: "another" } as const;
  await folder.records.begin({ ...request, inputs: [input] });
  await ledger.settle("prompt 7", { state: "retryable", reason: "too busy" });
  const states = new Set(readAttempts(directory).map(({ state, reason }) => `${state}: ${reason}`));
  // They were sent, and nobody will see an answer: they are no longer under way, and may have been paid.
  assert.deepEqual([...states], ["unknown: other inputs"]);
  const read = () => {
    const { spent, reserved, possiblyPaid, unanswered, possiblyPaidTwice } = readStatus(directory);
    assert.deepEqual(folder.readSpending(), { spent, reserved, possiblyPaid });
    return [spent.requests, reserved.usd, possiblyPaid.usd, possiblyPaid.requests, unanswered, possiblyPaidTwice];
  };
  assert.deepEqual(read(), [0, 0, 550, 1100, 1100, 0]);
  await ledger.intend({ key: "prompt 7", ...outside });
  assert.deepEqual(read(), [0, 0.5, 550, 1100, 1099, 1]);
  await folder.close();
});

test("a row that is called like a proof is work, and a proof is none, counted along and counted anew", async (context) => {
  const directory = join(createTemporaryFolder(context), "run");
  const folder = await open(directory);
  const counted = (): number | undefined => folder.readAnswered().get(request.key)?.calls;
  assert.equal(counted(), undefined);
  const ledger = folder.createLedger(request.key);
  await ledger.intend({ key: "probe/teacher/models", ...outside, rowCount: 0 });
  await ledger.record("probe/teacher/models", { kind: "told" });
  assert.equal(counted(), undefined);
  // As rows of an older version's runs are called.
  await ledger.intend({ key: "probe/row", ...outside, rowCount: 1 });
  const candidate = {
    ...{
      promptId: "train-0",
      draw: 0,
      completion: "a fox",
      finish: "stop" as const,
      reason: null,
      attempt: "probe/row",
    },
    ...{ logProbability: null, tokenCount: 2, tokenLogProbabilities: null },
  };
  await folder.shelf.writeCandidates(request.key, { split: "train", draws: 1, candidates: [candidate] });
  // Called as one only by who does not tell capitals.
  await ledger.intend({ key: "Probe/other", ...outside, rowCount: 0 });
  await ledger.record("Probe/other", 1);
  assert.equal(counted(), 2);
  await folder.close();
  assert.equal(readKnownRun(directory).stages.find(({ key }) => key === request.key)?.answered, 2);
  const again = await open(directory);
  assert.equal(again.readAnswered().get(request.key)?.calls, 2);
  await again.close();
});
