// The port Select: the worker gives the main thread's answer, is stopped by the signal, and leaves the columns alone.

import assert from "node:assert/strict";
import test from "node:test";
import type { Selection } from "../../src/domain/selection.ts";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom } from "../../src/math/random.ts";
import { rank } from "../../src/selection/ranking.ts";
import { select } from "../../src/selection/select.ts";

const random = createRandom(computeSeed("select-test"));
const selection: Selection = { best: 2, threshold: 0.1, keep: 0.5 };
const createColumns = (count: number) => ({
  scores: Float64Array.from({ length: count }, () =>
    random.uniform() < 0.01 ? Number.NaN : random.integer(500) / 500,
  ),
  promptIndexes: Uint32Array.from({ length: count }, (_, id) => id % 9_000),
  promptCount: 9_000,
  stage: "stage",
});

test("large and small sets are ranked alike, and the columns stay the caller's", async () => {
  for (const count of [500, 60_000]) {
    const columns = createColumns(count);
    const copy = columns.scores.slice();
    const expected = rank(columns, selection);
    const result = await select(columns, selection, new AbortController().signal);
    assert.deepEqual(result, expected);
    assert.ok(result.kept.length > 100);
    assert.deepEqual(columns.scores, copy);
  }
});

test("an aborted selection rejects with the signal's reason, before and while the worker ranks", async () => {
  const reason = new Error("stopped");
  await assert.rejects(select(createColumns(10), selection, AbortSignal.abort(reason)), reason);
  const controller = new AbortController();
  const ranking = select(createColumns(60_000), selection, controller.signal);
  controller.abort(reason);
  await assert.rejects(ranking, reason);
});

test("what goes wrong in the worker reaches the caller", async () => {
  const columns = { ...createColumns(30_000), promptIndexes: new Uint32Array(3) };
  await assert.rejects(select(columns, selection, new AbortController().signal), /differ in length/);
});
