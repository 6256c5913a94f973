// Ranking against a reference that is written row by row, straight from the rule.

import assert from "node:assert/strict";
import test from "node:test";
import type { Selection, SelectionColumns } from "../../src/domain/selection.ts";
import { computeKey } from "../../src/keys/digest.ts";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom } from "../../src/math/random.ts";
import { countSelection, rank, selectionReasons } from "../../src/selection/ranking.ts";
import fc from "../helpers/properties.ts";

const open: Selection = { best: null, threshold: null, keep: null };
const columns = (scores: readonly number[], prompts: readonly number[], promptCount: number): SelectionColumns => {
  return { scores: Float64Array.from(scores), promptIndexes: Uint32Array.from(prompts), promptCount, stage: "stage" };
};

/** The rule again, in its own words: sort, best of each prompt, threshold, top of the planned number. */
function rankNaively({ scores, promptIndexes, promptCount, stage }: SelectionColumns, selection: Selection) {
  const rows = [...scores].map((score, id) => ({
    score,
    id,
    prompt: promptIndexes[id]!,
    digest: computeKey([stage, id]),
  }));
  const reasons = rows.map(() => "unscorable");
  let left = rows.filter((row) => !Number.isNaN(row.score));
  left.sort((a, b) => (a.score === b.score ? (a.digest < b.digest ? -1 : 1) : a.score > b.score ? -1 : 1));
  const { best, threshold, keep } = selection;
  const strike = (isLeft: (row: (typeof rows)[number], at: number) => boolean, reason: string): void => {
    for (const [at, row] of left.entries()) if (!isLeft(row, at)) reasons[row.id] = reason;
    left = left.filter(isLeft);
  };
  const ranked = left;
  if (best !== null) {
    strike((row) => ranked.filter((other) => other.prompt === row.prompt).indexOf(row) < best, "not-best");
  }
  if (threshold !== null) strike((row) => row.score >= threshold, "below-threshold");
  if (keep !== null) {
    const planned = best === null ? rows.length : promptCount * best;
    strike((_, at) => at < Math.floor((Math.round(keep * 1000) * planned) / 1000 + 0.5), "below-rank");
  }
  for (const row of left) reasons[row.id] = "kept";
  return { kept: left.map((row) => row.id), reasons };
}

test("ranking equals the naive reference, ties, infinities and missing scores included", () => {
  const score = fc.oneof(fc.constantFrom(0, 0.25, -1, Number.NaN, Infinity, -Infinity), fc.double());
  const given = fc.record({
    rows: fc.array(fc.record({ score, prompt: fc.nat({ max: 7 }) }), { maxLength: 60 }),
    best: fc.option(fc.integer({ min: 1, max: 4 })),
    threshold: fc.option(fc.constantFrom(-1, 0, 0.1, 0.25)),
    keep: fc.option(fc.constantFrom(0.125, 0.25, 0.29, 0.5, 1)),
  });
  fc.assert(
    fc.property(given, ({ rows, ...selection }) => {
      const input = columns(
        rows.map((row) => row.score),
        rows.map((row) => row.prompt),
        8,
      );
      const expected = rankNaively(input, selection);
      const result = rank(input, selection);
      assert.deepEqual([...result.kept], expected.kept);
      assert.deepEqual(
        [...result.reasons].map((code) => selectionReasons[code]),
        expected.reasons,
      );
      const counts = countSelection(result);
      assert.deepEqual(counts, {
        planned: rows.length,
        scored: rows.filter((row) => !Number.isNaN(row.score)).length,
        unscorable: rows.filter((row) => Number.isNaN(row.score)).length,
        kept: expected.kept.length,
      });
    }),
    { numRuns: 300 },
  );
});

test("the steps come in order: best, then threshold, then the share", () => {
  const input = columns([5, 9, 1, 2, Number.NaN, 8, 7, 6], [0, 0, 1, 1, 2, 2, 3, 3], 4);
  const reasonsOf = (selection: Selection) => [...rank(input, selection).reasons].map((code) => selectionReasons[code]);
  assert.deepEqual([...rank(input, { ...open, best: 1 }).kept], [1, 5, 6, 3]);
  // Half of four planned prompts, although three pass the threshold.
  assert.deepEqual([...rank(input, { best: 1, threshold: 3, keep: 0.5 }).kept], [1, 5]);
  assert.deepEqual(reasonsOf({ best: 1, threshold: 3, keep: 0.5 }), [
    "not-best",
    "kept",
    "not-best",
    "below-threshold",
    "unscorable",
    "kept",
    "below-rank",
    "not-best",
  ]);
});

test("of several best draws a prompt all are kept, and a share is one of them", () => {
  const input = columns([5, 9, 1, 2, 8, 7, 6, 4, 3], [0, 0, 0, 1, 1, 1, 2, 2, 2], 3);
  assert.deepEqual([...rank(input, { ...open, best: 2, keep: 1 }).kept], [1, 4, 5, 6, 0, 7]);
  assert.deepEqual([...rank(input, { ...open, best: 2, keep: 0.5 }).kept], [1, 4, 5]);
  assert.equal(rank(input, { ...open, best: 3, keep: 1 }).kept.length, 9);
});

test("unscorable candidates are never kept and never shrink the base", () => {
  const input = columns([1, Number.NaN, Number.NaN, Number.NaN, 3, 2, 4, Number.NaN], [0, 1, 2, 3, 4, 5, 6, 7], 8);
  assert.deepEqual([...rank(input, { ...open, keep: 0.5 }).kept], [6, 4, 5, 0]);
  assert.deepEqual([...rank(input, { ...open, keep: 0.25 }).kept], [6, 4]);
  // All eight planned, four scored: the other places stay empty.
  assert.equal(rank(input, { ...open, keep: 1 }).kept.length, 4);
});

test("equal scores, as the verifier none gives, keep everything in an order of digests that no id is favoured by", () => {
  const input = columns(new Array(200).fill(0), [...new Array(200).keys()], 200);
  const kept = [...rank(input, { ...open, keep: 1 }).kept];
  const expected = [...new Array(200).keys()].sort((a, b) =>
    computeKey(["stage", a]) < computeKey(["stage", b]) ? -1 : 1,
  );
  assert.deepEqual(kept, expected);
  assert.notDeepEqual([...rank({ ...input, stage: "other" }, open).kept], kept);
});

test("columns of different lengths are refused", () => {
  assert.throws(() => rank(columns([1, 2], [0], 1), open), /differ in length/);
});

test("a million candidates are ranked in well under two seconds of processor time", () => {
  const random = createRandom(computeSeed("ranking-test"));
  const scores = Float64Array.from({ length: 1_000_000 }, () => Math.round(random.uniform() * 1e6) / 1e6);
  const input = {
    scores,
    promptIndexes: scores.map((_, id) => id >> 2) as never,
    promptCount: 250_000,
    stage: "stage",
  };
  const before = process.cpuUsage();
  const { kept } = rank(
    { ...input, promptIndexes: Uint32Array.from(input.promptIndexes) },
    { ...open, best: 1, keep: 0.25 },
  );
  const { user, system } = process.cpuUsage(before);
  assert.equal(kept.length, 62_500);
  assert.ok(user + system < 4_000_000, `${(user + system) / 1e6} s`);
});
