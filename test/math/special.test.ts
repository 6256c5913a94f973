// The special functions and quantiles of src/math against SciPy's values (test/golden/math.json names the version),
// closed forms and their own identities.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { computeDigamma } from "../../src/math/digamma.ts";
import { computeIncompleteBeta } from "../../src/math/incomplete-beta.ts";
import { computeLogGamma } from "../../src/math/log-gamma.ts";
import { computeNormalCdf } from "../../src/math/normal-cdf.ts";
import { computeNormalQuantile } from "../../src/math/normal-quantile.ts";
import { computeStudentQuantile } from "../../src/math/student-quantile.ts";
import { computeTrigamma } from "../../src/math/trigamma.ts";
import fc from "../helpers/properties.ts";

const golden = JSON.parse(readFileSync(new URL("../golden/math.json", import.meta.url), "utf8"));

/** Every row is [argument, .., expected]; the tolerance is relative, with the same number as an absolute floor. */
function compareAll(rows: readonly number[][], compute: (...row: number[]) => number, tolerance: number): number {
  for (const row of rows) {
    const expected = row.at(-1)!;
    const actual = compute(...row);
    const room = tolerance * Math.max(Math.abs(expected), tolerance);
    assert.ok(Math.abs(actual - expected) <= room, `at ${row.slice(0, -1)}: ${actual}, not ${expected}`);
  }
  return rows.length;
}

test("gamma functions equal SciPy's", () => {
  let compared = compareAll(golden["special.digamma(x)"], (x) => computeDigamma(x!), 1e-13);
  compared += compareAll(golden["special.polygamma(1, x)"], (x) => computeTrigamma(x!), 1e-13);
  for (const [x, expected] of golden["special.gammaln(x)"]) {
    assert.ok(Math.abs(computeLogGamma(x) - expected) < 1e-14 * Math.max(10, Math.abs(expected)), `at ${x}`);
    compared += 1;
  }
  assert.equal(compared, 33);
  for (const compute of [computeLogGamma, computeDigamma, computeTrigamma]) {
    assert.throws(() => compute(0), /positive numbers, not 0/);
    assert.throws(() => compute(Number.NaN), /positive numbers/);
  }
});

test("the gamma functions obey their recurrences and closed forms", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 500, noNaN: true }), (x) => {
      assert.ok(Math.abs(computeLogGamma(x + 1) - computeLogGamma(x) - Math.log(x)) < 1e-11);
      assert.ok(Math.abs((computeDigamma(x + 1) - computeDigamma(x)) * x - 1) < 1e-10);
      assert.ok(Math.abs((computeTrigamma(x) - computeTrigamma(x + 1)) * x * x - 1) < 1e-8);
    }),
  );
  assert.ok(Math.abs(computeLogGamma(0.5) - Math.log(Math.PI) / 2) < 1e-14);
  assert.ok(Math.abs(computeTrigamma(1) - Math.PI ** 2 / 6) < 1e-14);
  assert.ok(Math.abs(computeDigamma(1) + 0.5772156649015329) < 1e-14);
});

test("the normal distribution and its quantile equal SciPy's", () => {
  // The relative error holds in the far tail too: ndtr(-37) is 5.7e-300.
  let compared = compareAll(golden["special.ndtr(z)"], (z) => computeNormalCdf(z!), 1e-12);
  compared += compareAll(golden["special.ndtri(p)"], (p) => computeNormalQuantile(p!), 1e-12);
  assert.equal(compared, 25);
  assert.equal(computeNormalQuantile(0), -Infinity);
  assert.equal(computeNormalQuantile(1), Infinity);
  assert.throws(() => computeNormalQuantile(1.1), /1.1 is not a probability/);
  fc.assert(
    fc.property(fc.double({ min: -8, max: 5, noNaN: true }), (z) => {
      assert.ok(Math.abs(computeNormalQuantile(computeNormalCdf(z)) - z) < 1e-9);
      assert.ok(Math.abs(computeNormalCdf(z) + computeNormalCdf(-z) - 1) < 1e-15);
    }),
  );
});

test("Student's quantile and the incomplete beta function equal SciPy's", () => {
  let compared = compareAll(golden["special.betainc(a, b, x)"], (x, a, b) => computeIncompleteBeta(x!, a!, b!), 1e-12);
  compared += compareAll(
    golden["stats.t.ppf(p, degrees)"],
    (p, degrees) => computeStudentQuantile(p!, degrees!),
    1e-10,
  );
  assert.equal(compared, 62);
  // One degree is Cauchy's law, two have a closed form, many are normal.
  assert.ok(Math.abs(computeStudentQuantile(0.975, 1) - Math.tan(Math.PI * 0.475)) < 1e-11);
  assert.ok(Math.abs(computeStudentQuantile(0.975, 2) - 0.95 / Math.sqrt(2 * 0.975 * 0.025)) < 1e-12);
  assert.equal(computeStudentQuantile(0.975, 1e12), computeNormalQuantile(0.975));
  assert.equal(computeStudentQuantile(0.5, 3), 0);
  assert.equal(computeStudentQuantile(1, 3), Infinity);
  assert.throws(() => computeStudentQuantile(-1, 3), /not a probability/);
  assert.throws(() => computeStudentQuantile(0.5, 0), /degrees of freedom must be positive/);
  assert.throws(() => computeIncompleteBeta(2, 1, 1), /needs 0 <= x <= 1/);
});
