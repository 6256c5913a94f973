// Which interval is chosen for what is at hand, and what a comparison concludes from it.

import assert from "node:assert/strict";
import test from "node:test";
import { createItemResampler, measureItems, measureSet } from "../../../src/evaluation/intervals/measure.ts";
import { comparePair } from "../../../src/evaluation/intervals/pair.ts";
import { createResampler } from "../../../src/evaluation/intervals/resampler.ts";
import { type SeedMeasurement, summarizeSeeds } from "../../../src/evaluation/intervals/summary.ts";
import { computeSeed } from "../../../src/keys/seed.ts";
import { createRandom } from "../../../src/math/random.ts";
import fc from "../../helpers/properties.ts";

const random = createRandom(computeSeed("summary-test"));
const resampler = createResampler();
const createItems = (count: number, mean = 0): SeedMeasurement => {
  const items = Float64Array.from({ length: count }, () => mean + random.normal());
  return measureItems("rouge1", items, createItemResampler()(count, computeSeed("seed")));
};
const near = (actual: number | null, expected: number): boolean => Math.abs(actual! - expected) < 1e-9;

test("the basis is seeds and items from three seeds, items only below", () => {
  for (const [seeds, basis] of [
    [1, "items only"],
    [2, "items only"],
    [3, "seeds and items"],
    [6, "seeds and items"],
  ] as const) {
    const summary = summarizeSeeds(
      Array.from({ length: seeds }, () => createItems(80)),
      resampler,
    );
    assert.equal(summary.basis, basis);
    assert.equal(summary.itemCount, 80);
    assert.ok(summary.low! < summary.mean && summary.mean < summary.high!);
  }
});

test("one seed has one interval: its own, as it was measured", () => {
  for (const count of [2, 80, 12_000]) {
    const seed = createItems(count);
    const { low, high, basis } = summarizeSeeds([seed], resampler);
    assert.deepEqual([low, high, basis], [seed.low, seed.high, "items only"]);
  }
});

test("one item has no interval under any number of seeds, and nothing is concluded from it", () => {
  for (const count of [1, 2, 3, 5]) {
    const create = (shift: number) =>
      Array.from({ length: count }, (_, seed) => measureItems("rouge1", Float64Array.of(shift + seed / 10), null));
    assert.ok(create(0).every((one) => one.low === undefined && one.high === undefined && one.itemCount === 1));
    const pair = comparePair(create(0.5), create(0), { better: "higher", resampler });
    assert.deepEqual([pair.low, pair.high, pair.basis, pair.verdict], [null, null, "none", "unclear"]);
    // Also where a record kept an interval without width.
    const kept = create(0).map(({ value }) => ({ value, low: value, high: value, itemCount: 1 }));
    assert.equal(summarizeSeeds(kept, resampler).basis, "none");
  }
});

test("without items the seeds decide by Student's t, and one seed alone says nothing", () => {
  const values = [1, 2, 3, 6].map((value) => ({ value }));
  const summary = summarizeSeeds(values, resampler);
  assert.equal(summary.basis, "seeds");
  // scipy.stats.t.interval(0.95, 3, 3, numpy.std([1, 2, 3, 6], ddof=1) / 2) = (-0.4369..., 6.4369...)
  assert.ok(Math.abs(summary.high! - 6.437) < 1e-3, `${summary.high}`);
  assert.ok(near(summary.low! + summary.high!, 6));
  assert.deepEqual(summarizeSeeds([{ value: 4 }], resampler), {
    mean: 4,
    seedCount: 1,
    itemCount: null,
    low: null,
    high: null,
    basis: "none",
  });
  assert.ok(Number.isNaN(summarizeSeeds([], resampler).mean));
});

test("the difference of two single seeds without intervals has none either", () => {
  for (const value of [3, 5]) {
    const { low, high, basis, verdict } = comparePair([{ value }], [{ value: 3 }], { better: "higher", resampler });
    assert.deepEqual([low, high, basis, verdict], [null, null, "none", "unclear"]);
  }
});

test("under three seeds a statistic of all texts keeps its own interval, or shares two", () => {
  const one = { value: 10, low: 8, high: 13, itemCount: 300 };
  const alone = summarizeSeeds([one], resampler);
  assert.deepEqual([alone.low, alone.high, alone.basis], [8, 13, "items only"]);
  // Errors of 3 and 4 reaches, averaged over two seeds: a reach of 2.5 about 12.
  const both = summarizeSeeds(
    [
      { value: 10, low: 7, high: 13 },
      { value: 14, low: 10, high: 18 },
    ],
    resampler,
  );
  assert.ok(near(both.low, 9.5) && near(both.high, 14.5) && both.basis === "items only");
  assert.equal(summarizeSeeds([one, one, { ...one, value: 11 }], resampler).basis, "seeds");
});

test("seeds with different numbers of items are compared as seeds", () => {
  const summary = summarizeSeeds([createItems(50), createItems(60), createItems(50)], resampler);
  assert.deepEqual([summary.basis, summary.itemCount], ["seeds", null]);
});

test("a comparison is the mirror image of the opposite one, and moves with the arm", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.double({ min: -2, max: 2, noNaN: true }), (seeds, shift) => {
      const arm = Array.from({ length: seeds }, () => createItems(30, shift));
      const baseline = Array.from({ length: seeds }, () => createItems(30));
      const one = comparePair(arm, baseline, { better: "higher", resampler });
      const other = comparePair(baseline, arm, { better: "higher", resampler });
      assert.ok(near(one.mean, -other.mean) && near(one.low, -other.high!) && near(one.high, -other.low!));
      const mirrored = { better: "worse", worse: "better", unclear: "unclear", differs: "differs" };
      assert.equal(other.verdict, mirrored[one.verdict]);
      const moved = arm.map((seed) => ({ ...seed, value: seed.value + 1, items: seed.items!.map((item) => item + 1) }));
      assert.ok(near(comparePair(moved, baseline, { better: "higher", resampler }).low, one.low! + 1));
    }),
    { numRuns: 25 },
  );
});

test("the verdict follows the interval and the metric's direction", () => {
  const values = (...numbers: number[]): SeedMeasurement[] => numbers.map((value) => ({ value }));
  const [high, low] = [values(5, 5.1, 5.2), values(1, 1.2, 1.1)];
  const judge = (better: "higher" | "lower" | "neither", arm = high, baseline = low) =>
    comparePair(arm, baseline, { better, resampler }).verdict;
  assert.equal(judge("higher"), "better");
  assert.equal(judge("lower"), "worse");
  assert.equal(judge("lower", low, high), "better");
  assert.equal(judge("neither"), "differs");
  assert.equal(judge("higher", values(1, 5, 9), values(2, 4, 1)), "unclear");
  assert.equal(judge("higher", values(1), values(2)), "unclear");
  assert.throws(() => judge("higher", values(1, 2), values(1)), /2 seeds against 1/);
});

test("pairing the items removes what the items share", () => {
  const difficulty = Float64Array.from({ length: 100 }, () => 5 * random.normal());
  const create = (gain: number) =>
    Array.from({ length: 4 }, () => {
      const items = difficulty.map((value) => value + gain + 0.1 * random.normal());
      return measureItems("rouge1", items, createItemResampler()(100, computeSeed("seed")));
    });
  const [arm, baseline] = [create(0.2), create(0)];
  const pair = comparePair(arm, baseline, { better: "higher", resampler });
  assert.equal(pair.verdict, "better");
  const alone = summarizeSeeds(arm, resampler);
  assert.ok(pair.high! - pair.low! < (alone.high! - alone.low!) / 10);
  // Under two seeds too, and with statistics of all texts their errors add instead.
  assert.equal(comparePair(arm.slice(2), baseline.slice(2), { better: "higher", resampler }).basis, "items only");
  const sets = [{ value: 5, low: 2, high: 8 }];
  const other = [{ value: 1, low: -3, high: 5 }];
  const added = comparePair(sets, other, { better: "higher", resampler });
  assert.ok(near(added.low, -1) && near(added.high, 9));
});

test("infinite values are told, and no interval is made of their difference", () => {
  const infinite = { value: Infinity, itemCount: 2, items: Float64Array.of(1, Infinity) };
  const summary = summarizeSeeds([infinite, infinite, infinite], resampler);
  assert.equal(summary.mean, Infinity);
  assert.equal(summary.high, Infinity);
  const pair = comparePair([infinite, infinite, infinite], [infinite, infinite, infinite], {
    better: "lower",
    resampler,
  });
  assert.deepEqual([pair.low, pair.basis, pair.verdict], [null, "none", "unclear"]);
});

test("more than 10,000 items are summed up by the normal law, close to what resampling would give", () => {
  const large = createItems(10_001);
  const small = measureItems("rouge1", large.items!.slice(1), createItemResampler()(10_000, computeSeed("seed")));
  const width = small.high! - small.low!;
  assert.ok(Math.abs(large.high! - large.low! - width) < 0.1 * width);
  for (const seeds of [2, 3]) {
    const summary = summarizeSeeds(
      Array.from({ length: seeds }, () => createItems(10_001)),
      resampler,
    );
    assert.equal(summary.basis, seeds === 2 ? "items only" : "seeds and items");
    assert.ok(summary.low! < 0.05 && summary.high! > -0.05);
  }
});

test("the interval of a statistic of all texts stays within its range and needs two texts", () => {
  const { low, high } = measureSet("types", { value: 3, without: Float64Array.of(1, 2, 3) }, { low: 0, high: 4 });
  assert.deepEqual([low, high], [0, 4]);
  assert.deepEqual(measureSet("types", { value: 3, without: Float64Array.of(0) }, { low: 0, high: 9 }), {
    metric: "types",
    value: 3,
    itemCount: 1,
  });
  assert.throws(() => measureItems("rouge1", new Float64Array(0), null), /rouge1 has no items/);
});

test("a resampler hands out the same draws however often and in whatever order it is asked", () => {
  const [one, other] = [createResampler(), createResampler()];
  for (let count = 20; count > 1; count--) other.read(count, count * 10);
  for (let count = 2; count <= 20; count++) {
    const [a, b] = [one.read(count, count * 10)!, other.read(count, count * 10)!];
    assert.deepEqual(a.items.draws, b.items.draws);
    assert.deepEqual(a.seeds.draws, b.seeds.draws);
  }
  assert.equal(one.read(3, 10_001), null);
});
