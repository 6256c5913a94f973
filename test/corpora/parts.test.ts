// Corpus policies: their sizes, their sources, their determinism and their refusals.

import assert from "node:assert/strict";
import test from "node:test";
import { computeDoublingDraws } from "../../src/corpora/doubling.ts";
import { computeParts, countRows } from "../../src/corpora/parts.ts";
import type { Part, PartsRequest, Policy } from "../../src/domain/corpus.ts";
import { ConfigError } from "../../src/errors.ts";
import { computeSeed } from "../../src/keys/seed.ts";
import { computeShare } from "../../src/math/share.ts";
import fc from "../helpers/properties.ts";

const seed = computeSeed("parts-test");
const all: Policy[] = [
  { kind: "replace" },
  { kind: "accumulate" },
  { kind: "accumulate-doubling" },
  { kind: "accumulate-subsample", budget: null, replacement: false },
  { kind: "accumulate-subsample", budget: null, replacement: true },
  { kind: "mix", share: 0.1 },
];
const request = (policy: Policy, realCount: number, keptCounts: readonly number[]): PartsRequest => {
  return { policy, realCount, keptCounts, seed };
};
/** Every row a corpus refers to, as source:position, in order. */
function expand(parts: readonly Part[], { realCount, keptCounts }: PartsRequest): string[] {
  return parts.flatMap(({ source, take }) => {
    const length = source === 0 ? realCount : keptCounts[source - 1]!;
    const positions = take === "all" ? Array.from({ length }, (_, position) => position) : [...take];
    assert.ok(positions.every((position) => position < length));
    return positions.map((position) => `${source}:${position}`);
  });
}
const counts = fc.record({
  realCount: fc.integer({ min: 1, max: 40 }),
  keptCounts: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 6 }),
  seed: fc.nat().map((value) => computeSeed(value)),
});

test("generation 0 is trained on the real data under every policy", () => {
  for (const policy of all) assert.deepEqual(computeParts(request(policy, 7, [])), [{ source: 0, take: "all" }]);
});

test("replace takes the newest selection, accumulate everything", () => {
  assert.deepEqual(computeParts(request({ kind: "replace" }, 7, [5, 3])), [{ source: 2, take: "all" }]);
  assert.deepEqual(computeParts(request({ kind: "accumulate" }, 7, [5, 0, 3])), [
    { source: 0, take: "all" },
    { source: 1, take: "all" },
    { source: 3, take: "all" },
  ]);
});

test("accumulate-doubling doubles the pool and takes the best ranks of what is too much", () => {
  const asked = request({ kind: "accumulate-doubling" }, 4, [4, 10, 7]);
  const parts = computeParts(asked);
  assert.deepEqual(parts.slice(0, 2), [
    { source: 0, take: "all" },
    { source: 1, take: "all" },
  ]);
  assert.deepEqual(parts[2], { source: 2, take: Uint32Array.of(0, 1, 2, 3, 4, 5, 6, 7) });
  // Seven of the sixteen that would double it: a shortage is carried on, not hidden.
  assert.deepEqual(parts[3], { source: 3, take: "all" });
  assert.equal(countRows(parts, asked), 4 + 4 + 8 + 7);
});

test("the draws of accumulate-doubling are the fewest that fill the pool", () => {
  const shape = fc.record({
    realCount: fc.integer({ min: 1, max: 500 }),
    promptCount: fc.integer({ min: 1, max: 500 }),
    generation: fc.integer({ min: 0, max: 6 }),
    keep: fc.option(fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100)),
  });
  fc.assert(
    fc.property(shape, ({ realCount, promptCount, generation, keep }) => {
      const draws = computeDoublingDraws({
        realCount,
        promptCount,
        generation,
        selection: { best: null, threshold: null, keep },
      });
      const pool = realCount * 2 ** generation;
      assert.ok(computeShare(keep ?? 1, promptCount * draws) >= pool);
      assert.ok(draws === 1 || computeShare(keep ?? 1, promptCount * (draws - 1)) < pool);
    }),
  );
  const bounded = { best: 2, threshold: null, keep: null };
  assert.equal(computeDoublingDraws({ realCount: 10, promptCount: 20, generation: 2, selection: bounded }), 2);
  assert.throws(
    () => computeDoublingDraws({ realCount: 10, promptCount: 20, generation: 3, selection: bounded }),
    (error: unknown) => error instanceof ConfigError && /at most 40 rows .* needs 80 at generation 3/.test(error.what),
  );
});

test("accumulate-subsample draws its budget from the whole pool", () => {
  fc.assert(
    fc.property(counts, fc.boolean(), (given, replacement) => {
      const asked = { ...given, policy: { kind: "accumulate-subsample", budget: null, replacement } as const };
      const rows = expand(computeParts(asked), asked);
      assert.equal(rows.length, given.realCount);
      if (!replacement) assert.equal(new Set(rows).size, rows.length);
      assert.deepEqual(rows, expand(computeParts(asked), asked));
    }),
  );
  const drawn = new Map<string, number>();
  const draws = 3000;
  for (let turn = 0; turn < draws; turn++) {
    const policy: Policy = { kind: "accumulate-subsample", budget: 3, replacement: turn % 2 === 0 };
    const asked = { ...request(policy, 4, [2, 4]), seed: computeSeed("subsample", turn) };
    for (const row of expand(computeParts(asked), asked)) drawn.set(row, (drawn.get(row) ?? 0) + 1);
  }
  assert.equal(drawn.size, 10);
  for (const hits of drawn.values()) assert.ok(Math.abs(hits - 0.3 * draws) < 4.5 * Math.sqrt(draws * 0.3));
});

test("accumulate-subsample refuses a budget above the pool, unless rows may repeat", () => {
  const policy = { kind: "accumulate-subsample", budget: 20, replacement: false } as const;
  assert.throws(
    () => computeParts(request(policy, 7, [5])),
    (error: unknown) => error instanceof ConfigError && /20 rows .* from the 12 .* generation 1/.test(error.what),
  );
  const repeated = request({ ...policy, replacement: true }, 7, [5]);
  assert.equal(countRows(computeParts(repeated), repeated), 20);
  assert.deepEqual(computeParts(request({ ...policy, budget: 0 }, 0, [0])), []);
});

test("mix keeps the size of the newest selection and replaces its lowest ranks by real rows", () => {
  fc.assert(
    fc.property(counts, fc.integer({ min: 0, max: 100 }), (given, percent) => {
      const asked = { ...given, policy: { kind: "mix", share: percent / 100 } as const };
      const count = given.keptCounts.at(-1)!;
      const real = computeShare(percent / 100, count);
      if (real > given.realCount) {
        assert.throws(() => computeParts(asked), ConfigError);
        return;
      }
      const rows = expand(computeParts(asked), asked);
      assert.equal(rows.length, count);
      assert.equal(new Set(rows).size, count);
      const kept = rows.filter((row) => !row.startsWith("0:"));
      const expected = Array.from({ length: count - real }, (_, position) => `${given.keptCounts.length}:${position}`);
      assert.deepEqual(kept, expected);
      assert.deepEqual(rows, expand(computeParts(asked), asked));
    }),
  );
  assert.throws(() => computeParts(request({ kind: "mix", share: 0.5 }, 2, [10])), /is 5 real rows, but there are 2/);
});

test("a subsample of a large pool costs its own size", () => {
  const asked = request({ kind: "accumulate-subsample", budget: 1000, replacement: false }, 1e7, [1e7, 1e7, 1e7]);
  const before = process.cpuUsage();
  assert.equal(countRows(computeParts(asked), asked), 1000);
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 200_000, `${(user + system) / 1000} ms`);
});
