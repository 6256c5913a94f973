// Resamples, the percentile bootstrap, the crossed bootstrap and the indices drawn for a subsample.
// The coverage of the intervals is measured in test/evaluation/coverage.test.ts.

import assert from "node:assert/strict";
import test from "node:test";
import { computeSeed } from "../../src/keys/seed.ts";
import { computeBootstrap, computeResampledMeans } from "../../src/math/bootstrap.ts";
import { computeCrossedBootstrap, computeCrossedStudent } from "../../src/math/crossed-bootstrap.ts";
import { computeMoments } from "../../src/math/moments.ts";
import { createRandom } from "../../src/math/random.ts";
import { createResamples } from "../../src/math/resamples.ts";
import { createSampledIndices } from "../../src/math/sample-indices.ts";
import { computeVarianceComponents } from "../../src/math/variance-components.ts";
import fc from "../helpers/properties.ts";

const random = createRandom(computeSeed("bootstrap-test"));
const createTable = (seeds: number, items: number): Float64Array[] =>
  Array.from({ length: seeds }, () => Float64Array.from({ length: items }, () => random.normal()));

test("resampled means spread as the standard error does", () => {
  const values = createTable(1, 300)[0]!;
  const resamples = createResamples(300, 1000, createRandom(computeSeed(1)));
  const { mean, variance } = computeMoments(values);
  const means = computeMoments(computeResampledMeans(values, resamples));
  assert.ok(Math.abs(means.mean - mean) < 4 * Math.sqrt(variance / 300 / 1000));
  assert.ok(Math.abs(means.variance / (variance / 300) - 1) < 0.2);
  assert.deepEqual(computeBootstrap(values, resamples), computeBootstrap(values, resamples));
  assert.throws(() => computeBootstrap(values.subarray(1), resamples), /299 values, but resamples of 300 items/);
});

test("the interval of a mean shifts and scales with the values and narrows with the level", () => {
  const resamples = createResamples(40, 500, createRandom(computeSeed(2)));
  fc.assert(
    fc.property(
      fc.double({ min: -9, max: 9, noNaN: true }),
      fc.double({ min: 0.1, max: 9, noNaN: true }),
      (shift, scale) => {
        const values = createTable(1, 40)[0]!;
        const plain = computeBootstrap(values, resamples);
        const moved = computeBootstrap(
          values.map((value) => shift + scale * value),
          resamples,
        );
        assert.ok(Math.abs(moved.low - (shift + scale * plain.low)) < 1e-9);
        assert.ok(Math.abs(moved.high - (shift + scale * plain.high)) < 1e-9);
        assert.ok(plain.low <= plain.high);
        const narrow = computeBootstrap(values, resamples, 0.5);
        assert.ok(narrow.low >= plain.low && narrow.high <= plain.high);
      },
    ),
    { numRuns: 20 },
  );
});

test("wide item counts draw every item about equally often", () => {
  const { draws } = createResamples(70_000, 3, createRandom(computeSeed(3)));
  assert.ok(draws instanceof Uint32Array);
  assert.ok(draws.every((index) => index < 70_000));
  assert.ok(draws.some((index) => index > 69_000));
});

test("variance components are those of a balanced two-way table", () => {
  // Rows 1 and 3, columns 0, 1 and 2, no residual: everything is seeds and items.
  const table = [Float64Array.of(0, 1, 2), Float64Array.of(2, 3, 4)];
  const components = computeVarianceComponents(table);
  assert.equal(components.mean, 2);
  assert.ok(Math.abs(components.variance - (2 / 2 + 1 / 3)) < 1e-14);
  // One item: nothing but seeds.
  const single = computeVarianceComponents([Float64Array.of(1), Float64Array.of(2), Float64Array.of(6)]);
  assert.deepEqual(single, { mean: 3, variance: 7 / 3, degrees: 2 });
  // About unbiased where seeds, items and cells all vary: the mean of 6 x 8 such cells has variance 1/6 + 1/8 + 1/48.
  const variances = Array.from({ length: 600 }, () => {
    const shifts = createTable(1, 8)[0]!;
    const table = createTable(6, 8).map((row) => {
      const shift = random.normal();
      return row.map((value, item) => value + shift + shifts[item]!);
    });
    return computeVarianceComponents(table).variance;
  });
  const { mean, variance } = computeMoments(variances);
  const expected = 1 / 6 + 1 / 8 + 1 / 48;
  assert.ok(Math.abs(mean - expected) < 4 * Math.sqrt(variance / 600), `${mean}, not ${expected}`);
});

test("the crossed interval holds the mean, follows Student's closely and knows constant tables", () => {
  for (const seeds of [3, 8]) {
    const resamples = {
      seeds: createResamples(seeds, 1000, createRandom(computeSeed("seeds", seeds))),
      items: createResamples(60, 1000, createRandom(computeSeed("items", 60))),
    };
    const table = createTable(seeds, 60);
    const crossed = computeCrossedBootstrap(table, resamples);
    const student = computeCrossedStudent(table);
    const width = student.high - student.low;
    assert.ok(Math.abs(crossed.high - crossed.low - width) < 0.15 * width);
    assert.ok(
      crossed.low < computeVarianceComponents(table).mean && computeVarianceComponents(table).mean < crossed.high,
    );
    const constant = Array.from({ length: seeds }, () => new Float64Array(60).fill(0.25));
    assert.deepEqual(computeCrossedBootstrap(constant, resamples), { low: 0.25, high: 0.25 });
    assert.throws(() => computeCrossedBootstrap(table.slice(1), resamples), /do not fit the table/);
  }
});

test("sampled indices are in order, in range, and every index is equally likely", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.nat({ max: 60 }),
      fc.boolean(),
      fc.nat(),
      (total, count, replacement, seed) => {
        const draw = { count, total, replacement };
        if (!replacement && count > total) {
          assert.throws(() => createSampledIndices(draw, createRandom(computeSeed(seed))), /without replacement/);
          return;
        }
        const indices = createSampledIndices(draw, createRandom(computeSeed(seed)));
        assert.equal(indices.length, count);
        assert.ok(indices.every((index, at) => index < total && (at === 0 || index >= indices[at - 1]!)));
        if (!replacement) assert.equal(new Set(indices).size, count);
      },
    ),
  );
  const hits = new Float64Array(10);
  for (let draw = 0; draw < 10_000; draw++) {
    for (const index of createSampledIndices({ count: 3, total: 10, replacement: false }, random)) hits[index]! += 1;
  }
  for (const hit of hits) assert.ok(Math.abs(hit - 3000) < 4 * Math.sqrt(10_000 * 0.3 * 0.7));
});
