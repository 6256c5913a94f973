// The sampler: one generation of rows from a Gaussian, as rows or as their statistics drawn directly.
// Both have the same law; test/systems/gaussian/batch.test.ts compares them.

import { computeCholesky } from "../../math/cholesky.ts";
import type { Random } from "../../math/random.ts";
import { createWishartFactor } from "../../math/wishart-factor.ts";
import type { GaussianModel } from "./model.ts";
import { computeStatistics, type Statistics } from "./statistics.ts";

export interface Batch {
  readonly statistics: Statistics;
  /** One after another; null where no policy will ask for single rows. */
  readonly rows: Float64Array | null;
}

/** Draws `count` rows: the mean is N(mu, Sigma / n), and the scatter Wishart with n - 1 degrees, independent of it. */
export function drawStatistics(model: GaussianModel, count: number, random: Random): Statistics {
  const dimensions = model.mean.length;
  const factor = computeCholesky(model.covariance, dimensions);
  const mean = new Float64Array(dimensions);
  drawRow({ model, factor, scale: 1 / Math.sqrt(count) }, random, mean);
  const wishart = createWishartFactor({ dimensions, degrees: count - 1 }, random);
  return { count, mean, scatter: computeSquare(computeProduct(factor, wishart, dimensions), dimensions) };
}

/** Draws `count` rows, one after another. */
export function drawRows(model: GaussianModel, count: number, random: Random): Float64Array {
  const dimensions = model.mean.length;
  const source = { model, factor: computeCholesky(model.covariance, dimensions), scale: 1 };
  const rows = new Float64Array(count * dimensions);
  for (let start = 0; start < rows.length; start += dimensions) {
    drawRow(source, random, rows.subarray(start, start + dimensions));
  }
  return rows;
}

/** The rows at these positions, as statistics. */
export function computeSubsetStatistics(rows: Float64Array, positions: Uint32Array, dimensions: number): Statistics {
  const subset = new Float64Array(positions.length * dimensions);
  for (const [at, position] of positions.entries()) {
    subset.set(rows.subarray(position * dimensions, (position + 1) * dimensions), at * dimensions);
  }
  return computeStatistics(subset, dimensions);
}

interface RowSource {
  readonly model: GaussianModel;
  /** F with F F' = covariance. */
  readonly factor: Float64Array;
  readonly scale: number;
}

/** row <- mean + scale F z, z standard normal. */
function drawRow({ model, factor, scale }: RowSource, random: Random, row: Float64Array): void {
  const dimensions = row.length;
  row.set(model.mean);
  for (let k = 0; k < dimensions; k++) {
    const z = scale * random.normal();
    for (let i = 0; i < dimensions; i++) row[i]! += factor[i * dimensions + k]! * z;
  }
}

/** F A for a square F and a lower triangular A. */
function computeProduct(f: Float64Array, a: Float64Array, n: number): Float64Array {
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const weight = f[i * n + k]!;
      if (weight === 0) continue;
      for (let j = 0; j <= k; j++) product[i * n + j]! += weight * a[k * n + j]!;
    }
  }
  return product;
}

/** B B'. */
function computeSquare(b: Float64Array, n: number): Float64Array {
  const square = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += b[i * n + k]! * b[j * n + k]!;
      square[i * n + j] = sum;
      square[j * n + i] = sum;
    }
  }
  return square;
}
