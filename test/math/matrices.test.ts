// Cholesky factors, eigenvalues and Wishart draws.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { computeSeed } from "../../src/keys/seed.ts";
import { computeCholesky } from "../../src/math/cholesky.ts";
import { createChiSquareDraw, createGammaDraw } from "../../src/math/gamma-draw.ts";
import { computeMoments } from "../../src/math/moments.ts";
import { createRandom } from "../../src/math/random.ts";
import { computeSymmetricEigenvalues } from "../../src/math/symmetric-eigenvalues.ts";
import { createWishartFactor } from "../../src/math/wishart-factor.ts";
import fc from "../helpers/properties.ts";

const golden = JSON.parse(readFileSync(new URL("../golden/math.json", import.meta.url), "utf8"));
/** A dimension, a rank and a seed: the matrix is B B' with B normal, dimensions x rank. */
const gram = fc.record({ d: fc.integer({ min: 1, max: 12 }), rank: fc.integer({ min: 1, max: 14 }), seed: fc.nat() });

function createGram({ d, rank, seed }: { d: number; rank: number; seed: number }): Float64Array {
  const random = createRandom(computeSeed("gram", seed));
  const b = Float64Array.from({ length: d * rank }, () => random.normal());
  return multiplyByTranspose(b, d, rank);
}

function multiplyByTranspose(b: Float64Array, rows: number, columns: number): Float64Array {
  const product = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) {
      for (let k = 0; k < columns; k++) product[i * rows + j]! += b[i * columns + k]! * b[j * columns + k]!;
    }
  }
  return product;
}

test("the Cholesky factor multiplies back, whatever the rank", () => {
  fc.assert(
    fc.property(gram, (shape) => {
      const matrix = createGram(shape);
      const factor = computeCholesky(matrix, shape.d);
      const back = multiplyByTranspose(factor, shape.d, shape.d);
      for (const [index, value] of matrix.entries()) assert.ok(Math.abs(back[index]! - value) < 1e-10 * shape.d * 40);
      const columns = Array.from({ length: shape.d }, (_, k) =>
        factor.some((value, index) => index % shape.d === k && value !== 0),
      );
      assert.equal(columns.filter(Boolean).length, Math.min(shape.d, shape.rank));
    }),
  );
  assert.throws(
    () => computeCholesky(Float64Array.of(1, 2, 2, 1), 2),
    /not positive semi-definite: -3 is left of the variance of row 1/,
  );
  assert.throws(() => computeCholesky(Float64Array.of(Number.NaN), 1), /not positive semi-definite/);
});

test("eigenvalues equal NumPy's and keep trace, determinant and rank", () => {
  const { matrix, eigenvalues } = golden["numpy.linalg.eigvalsh(matrix)"];
  const ours = computeSymmetricEigenvalues(Float64Array.from(matrix), eigenvalues.length);
  for (const [index, expected] of eigenvalues.entries()) assert.ok(Math.abs(ours[index]! - expected) < 1e-12);
  assert.equal(eigenvalues.length, 6);
  fc.assert(
    fc.property(gram, (shape) => {
      const { d, rank } = shape;
      const values = computeSymmetricEigenvalues(createGram(shape), d);
      let trace = 0;
      for (let i = 0; i < d; i++) trace += createGram(shape)[i * d + i]!;
      assert.ok(Math.abs(values.reduce((sum, value) => sum + value, 0) - trace) < 1e-11 * trace);
      assert.equal(values.filter((value) => Math.abs(value) > 1e-11 * trace).length, Math.min(d, rank));
    }),
  );
  assert.deepEqual([...computeSymmetricEigenvalues(Float64Array.of(2, 0, 0, -1), 2)], [-1, 2]);
  assert.equal(computeSymmetricEigenvalues(new Float64Array(0), 0).length, 0);
  assert.throws(
    () => computeSymmetricEigenvalues(Float64Array.of(1, Number.NaN, Number.NaN, 1), 2),
    /did not converge/,
  );
});

test("gamma and chi-square draws have the mean and variance of their law", () => {
  const random = createRandom(computeSeed("gamma-draw"));
  const count = 40_000;
  for (const shape of [0.3, 1, 4.5, 499.5]) {
    const draws = Float64Array.from({ length: count }, () => createGammaDraw(shape, random));
    const { mean, variance } = computeMoments(draws);
    assert.ok(Math.abs(mean - shape) < 4 * Math.sqrt(shape / count), `mean ${mean} for shape ${shape}`);
    // The fourth central moment of the law is 3 k^2 + 6 k.
    assert.ok(Math.abs(variance - shape) < 4 * Math.sqrt((2 * shape ** 2 + 6 * shape) / count), `variance ${variance}`);
  }
  const squares = computeMoments(Float64Array.from({ length: count }, () => createChiSquareDraw(3, random)));
  assert.ok(Math.abs(squares.mean - 3) < 4 * Math.sqrt(6 / count));
  assert.throws(() => createGammaDraw(0, random), /shape of a gamma distribution must be positive/);
});

test("Wishart draws have the mean and variance of the scatter of Gaussian rows", () => {
  const random = createRandom(computeSeed("wishart"));
  const count = 8_000;
  let compared = 0;
  for (const degrees of [2, 3, 9]) {
    const dimensions = 3;
    const entries = Array.from({ length: 9 }, () => new Float64Array(count));
    for (let draw = 0; draw < count; draw++) {
      const scatter = multiplyByTranspose(createWishartFactor({ dimensions, degrees }, random), 3, 3);
      for (const [index, value] of scatter.entries()) entries[index]![draw] = value;
      // Fewer degrees than dimensions: singular, as two rows in three dimensions are.
      if (degrees < dimensions) assert.ok(Math.abs(computeSymmetricEigenvalues(scatter, 3)[0]!) < 1e-10);
    }
    for (const [index, values] of entries.entries()) {
      const diagonal = index % 4 === 0;
      const { mean, variance } = computeMoments(values);
      const expected = diagonal ? degrees : 0;
      const spread = diagonal ? 2 * degrees : degrees;
      assert.ok(Math.abs(mean - expected) < 4.5 * Math.sqrt(spread / count), `entry ${index}: ${mean}`);
      assert.ok(Math.abs(variance / spread - 1) < 0.25, `entry ${index}: variance ${variance}, not ${spread}`);
      compared += 1;
    }
  }
  assert.equal(compared, 27);
});
