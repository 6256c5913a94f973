// Moments, quantiles, the rounding rule and the jackknife.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { computeJackknifeError } from "../../src/math/jackknife.ts";
import { computeMoments } from "../../src/math/moments.ts";
import { computeQuantile } from "../../src/math/quantile.ts";
import { computeShare } from "../../src/math/share.ts";
import fc from "../helpers/properties.ts";

const golden = JSON.parse(readFileSync(new URL("../golden/math.json", import.meta.url), "utf8"));
const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 60 });

test("moments equal the two-pass formula and survive a large mean", () => {
  fc.assert(
    fc.property(numbers, (values) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
      const moments = computeMoments(values);
      assert.ok(Math.abs(moments.mean - mean) <= 1e-9 * Math.max(1, Math.abs(mean)));
      assert.ok(Math.abs(moments.variance - variance) <= 1e-9 * Math.max(1, variance));
    }),
  );
  assert.equal(computeMoments([1e15, 1e15 + 1, 1e15 + 2]).variance, 1);
  assert.deepEqual(computeMoments([]), { count: 0, mean: Number.NaN, variance: Number.NaN });
  assert.deepEqual(computeMoments([1, Infinity, 2]), { count: 3, mean: Infinity, variance: Number.NaN });
  assert.deepEqual(computeMoments([3]), { count: 1, mean: 3, variance: Number.NaN });
});

test("quantiles equal NumPy's", () => {
  const { values, quantiles } = golden["numpy.quantile(values, p)"];
  const sorted = Float64Array.from(values).sort();
  for (const [probability, expected] of quantiles) {
    assert.ok(Math.abs(computeQuantile(sorted, probability) - expected) < 1e-14, `at ${probability}`);
  }
  assert.equal(quantiles.length, 7);
  assert.ok(Number.isNaN(computeQuantile([], 0.5)));
  assert.equal(computeQuantile([-Infinity, -Infinity, 0], 0.3), -Infinity);
  assert.equal(computeQuantile([1, Infinity], 0), 1);
  assert.throws(() => computeQuantile([1], -0.1), /not a probability/);
});

test("a share rounds halves up, as the decimal reads", () => {
  assert.equal(computeShare(0.125, 2004), 251);
  assert.equal(computeShare(0.125, 2003), 250);
  // 0.29 x 50 is 14.499999999999998 in binary, but 14.5 as written.
  assert.equal(computeShare(0.29, 50), 15);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 10_000_000 }), (thousandths, total) => {
      const exact = (BigInt(thousandths) * BigInt(total) * 2n + 1000n) / 2000n;
      assert.equal(computeShare(thousandths / 1000, total), Number(exact));
    }),
  );
});

test("the jackknife error of a mean is the standard error", () => {
  fc.assert(
    fc.property(numbers, (values) => {
      const sum = values.reduce((total, value) => total + value, 0);
      const leftOneOut = values.map((value) => (sum - value) / (values.length - 1));
      const { count, variance } = computeMoments(values);
      const expected = Math.sqrt(variance / count);
      assert.ok(Math.abs(computeJackknifeError(leftOneOut) - expected) <= 1e-6 * Math.max(1, expected));
    }),
  );
  assert.ok(Number.isNaN(computeJackknifeError([1])));
});
