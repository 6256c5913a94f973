// The percentile bootstrap of a mean (Efron and Tibshirani 1993, section 13.3): the interval between the
// quantiles of the means of the resamples. It knows nothing of seeds; crossed-bootstrap.ts does.

import { computeQuantile } from "./quantile.ts";
import type { Resamples } from "./resamples.ts";

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** The central 95 % interval of the mean, unless another level is asked for. */
export function computeBootstrap(values: ArrayLike<number>, resamples: Resamples, level = 0.95): Bounds {
  const means = computeResampledMeans(values, resamples).sort();
  return { low: computeQuantile(means, (1 - level) / 2), high: computeQuantile(means, (1 + level) / 2) };
}

/** The mean of each resample, in the order of the resamples. */
export function computeResampledMeans(values: ArrayLike<number>, resamples: Resamples): Float64Array {
  const { items, count, draws } = resamples;
  if (values.length !== items) throw new RangeError(`${values.length} values, but resamples of ${items} items`);
  const column = Float64Array.from(values);
  const means = new Float64Array(count);
  for (let resample = 0; resample < count; resample++) {
    const end = (resample + 1) * items;
    let sum = 0;
    for (let index = resample * items; index < end; index++) sum += column[draws[index]!]!;
    means[resample] = sum / items;
  }
  return means;
}
