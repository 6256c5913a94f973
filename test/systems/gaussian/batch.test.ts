// Drawing rows and drawing their statistics are the same law; merging batches is the same as taking all rows at once.

import assert from "node:assert/strict";
import test from "node:test";
import { computeSeed } from "../../../src/keys/seed.ts";
import { computeMoments } from "../../../src/math/moments.ts";
import { createRandom } from "../../../src/math/random.ts";
import { computeSubsetStatistics, drawRows, drawStatistics } from "../../../src/systems/gaussian/batch.ts";
import { computeStatistics, mergeStatistics, type Statistics } from "../../../src/systems/gaussian/statistics.ts";
import fc from "../../helpers/properties.ts";

const model = { mean: Float64Array.of(1, -2), covariance: Float64Array.of(2, 1.2, 1.2, 1) };
const random = createRandom(computeSeed("batch-test"));
const listNumbers = ({ mean, scatter }: Statistics): number[] => [...mean, scatter[0]!, scatter[1]!, scatter[3]!];

function assertClose(actual: Statistics, expected: Statistics): void {
  assert.equal(actual.count, expected.count);
  for (const field of ["mean", "scatter"] as const) {
    for (const [index, value] of expected[field].entries()) {
      assert.ok(Math.abs(actual[field][index]! - value) < 1e-9, `${field} ${index}`);
    }
  }
}

test("statistics drawn directly have the means, variances and covariances of those of drawn rows", () => {
  const draws = 6_000;
  let compared = 0;
  // Two rows in two dimensions have a singular scatter; seven do not.
  for (const count of [2, 7]) {
    const direct = Array.from({ length: draws }, () => listNumbers(drawStatistics(model, count, random)));
    const indirect = Array.from({ length: draws }, () =>
      listNumbers(computeStatistics(drawRows(model, count, random), 2)),
    );
    for (let a = 0; a < 5; a++) {
      for (let b = a; b < 6; b++) {
        // b = 5 stands for the plain mean, the others for products.
        const pick = (row: number[]): number => (b === 5 ? row[a]! : row[a]! * row[b]!);
        const [left, right] = [computeMoments(direct.map(pick)), computeMoments(indirect.map(pick))];
        const error = Math.sqrt((left.variance + right.variance) / draws);
        assert.ok(Math.abs(left.mean - right.mean) < 4 * error, `${count} rows, ${a} x ${b}`);
        compared += 1;
      }
    }
  }
  assert.equal(compared, 40);
});

test("merged batches have the statistics of all their rows", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 4 }),
      (counts, d) => {
        const rows = counts.map((count) => Float64Array.from({ length: count * d }, () => 10 * random.normal() + 3));
        const together = computeStatistics(Float64Array.from(rows.flatMap((batch) => [...batch])), d);
        assertClose(
          mergeStatistics(
            rows.map((batch) => computeStatistics(batch, d)),
            d,
          ),
          together,
        );
      },
    ),
  );
  const empty = mergeStatistics([], 1);
  assert.equal(empty.count, 0);
});

test("a subset has the statistics of its rows, repeats included", () => {
  const rows = drawRows(model, 5, random);
  const picked = Float64Array.of(...rows.subarray(2, 4), ...rows.subarray(8, 10), ...rows.subarray(8, 10));
  assertClose(computeSubsetStatistics(rows, Uint32Array.of(1, 4, 4), 2), computeStatistics(picked, 2));
});
