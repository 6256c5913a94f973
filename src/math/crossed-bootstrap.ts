// The crossed bootstrap of a table value[seed][item]: seeds and items are resampled independently of one another
// (Owen 2007, "The pigeonhole bootstrap", Annals of Applied Statistics 1), and the spread is then calibrated.

import type { Bounds } from "./bootstrap.ts";
import { computeMoments } from "./moments.ts";
import { computeQuantile } from "./quantile.ts";
import type { Resamples } from "./resamples.ts";
import { computeStudentQuantile } from "./student-quantile.ts";
import { computeVarianceComponents } from "./variance-components.ts";

export interface CrossedResamples {
  readonly seeds: Resamples;
  readonly items: Resamples;
}

/**
 * The 95 % interval of the mean of per-seed means.
 *
 * The bare percentiles are not honest for few seeds or noisy cells: their variance is
 * (S - 1)/S of the seeds' share plus three times the cells' (Owen 2007, theorem 2), and the normal quantile
 * stands where Student's belongs. In 1,000 simulated tables of 50 items a setting they covered 75 to 99.6 % at
 * 3 seeds and 93 to 99.8 % at 20. So the distances of the percentiles from the mean are scaled: to the variance
 * of the analysis of variance, and from the normal to Student's quantile with Satterthwaite's degrees of
 * freedom. That covered 93 to 98 % in every setting; what the bootstrap still contributes is the skewness.
 */
export function computeCrossedBootstrap(values: readonly Float64Array[], resamples: CrossedResamples): Bounds {
  const { mean, variance, degrees } = computeVarianceComponents(values);
  const means = computeCrossedMeans(values, resamples).sort();
  const low = computeQuantile(means, 0.025);
  const high = computeQuantile(means, 0.975);
  const spread = computeMoments(means).variance;
  // A constant table has no spread; one that holds infinities has no mean to scale about.
  if (!(spread > 0) || !Number.isFinite(spread)) return { low, high };
  const scale = (Math.sqrt(variance / spread) * computeStudentQuantile(0.975, degrees)) / 1.959963984540054;
  return { low: mean + scale * (low - mean), high: mean + scale * (high - mean) };
}

/** The interval by Student's t with the same variance and degrees of freedom, for tables too large to resample. */
export function computeCrossedStudent(values: readonly Float64Array[]): Bounds {
  const { mean, variance, degrees } = computeVarianceComponents(values);
  const reach = computeStudentQuantile(0.975, degrees) * Math.sqrt(variance);
  return { low: mean - reach, high: mean + reach };
}

/** The grand mean of each resampled table. */
function computeCrossedMeans(values: readonly Float64Array[], resamples: CrossedResamples): Float64Array {
  const { seeds, items } = resamples;
  if (
    seeds.items !== values.length ||
    seeds.count !== items.count ||
    values.some((row) => row.length !== items.items)
  ) {
    throw new RangeError("the resamples do not fit the table");
  }
  const means = new Float64Array(seeds.count);
  const weights = new Uint32Array(seeds.items);
  const column = new Float64Array(items.items);
  for (let resample = 0; resample < seeds.count; resample++) {
    weights.fill(0);
    const first = resample * seeds.items;
    for (let index = first; index < first + seeds.items; index++) weights[seeds.draws[index]!]! += 1;
    addRows(values, weights, column);
    const end = (resample + 1) * items.items;
    let sum = 0;
    for (let index = resample * items.items; index < end; index++) sum += column[items.draws[index]!]!;
    means[resample] = sum / (seeds.items * items.items);
  }
  return means;
}

/** column <- the weighted sum of the rows; rows that were not drawn cost nothing. */
function addRows(values: readonly Float64Array[], weights: Uint32Array, column: Float64Array): void {
  column.fill(0);
  for (let seed = 0; seed < values.length; seed++) {
    const weight = weights[seed]!;
    if (weight === 0) continue;
    const row = values[seed]!;
    for (let item = 0; item < column.length; item++) column[item]! += weight * row[item]!;
  }
}
