// The interval of one metric of one model under one seed: over the items of the test split.
// It says how far the value would move with other texts; what other seeds would give is for summary.ts.

import type { Measurement } from "../../domain/system.ts";
import { type Bounds, computeBootstrap } from "../../math/bootstrap.ts";
import { computeJackknifeError } from "../../math/jackknife.ts";
import { computeMoments } from "../../math/moments.ts";
import { createRandom } from "../../math/random.ts";
import { createResamples, type Resamples } from "../../math/resamples.ts";
import { computeStudentQuantile } from "../../math/student-quantile.ts";

/** Above this the mean is normal to more digits than 1,000 resamples give. */
export const resampledItems = 10_000;
export const resampleCount = 1_000;

/** A mean over items with its percentile interval, of which a single item has none; all metrics of the same items are given the same resamples. */
export function measureItems(metric: string, items: Float64Array, resamples: Resamples | null): Measurement {
  if (items.length === 0) throw new RangeError(`${metric} has no items`);
  const { mean } = computeMoments(items);
  if (items.length === 1) return { metric, value: mean, itemCount: 1, items };
  const { low, high } = resamples ? computeBootstrap(items, resamples) : computeStudentBounds(items);
  return { metric, value: mean, low, high, itemCount: items.length, items };
}

/** The resamples for this many items; null where there are so many that the interval is computed instead. */
export type ResampleItems = (itemCount: number, seed: Uint32Array) => Resamples | null;

/** Draws are made once and kept for the next model measured on as many items: 1,500 of them cost 30 ms and 3 MB. */
export function createItemResampler(): ResampleItems {
  const known = new Map<string, Resamples>();
  return (itemCount, seed) => {
    if (itemCount > resampledItems) return null;
    const name = `${itemCount}/${seed.join("/")}`;
    const resamples = known.get(name) ?? createResamples(itemCount, resampleCount, createRandom(seed));
    if (known.size >= keptResamples) known.clear();
    known.set(name, resamples);
    return resamples;
  };
}

const keptResamples = 4;

/** A statistic of all items together, and what it would be without each one of them. */
export interface LeftOut {
  readonly value: number;
  readonly without: Float64Array;
}

/**
 * A statistic with its jackknife interval, kept within the range it can take. The bootstrap is no choice here:
 * it draws items twice, so every resample has more repeats and fewer types than any real set of that size. Of 400
 * simulated sets of 100 texts its percentile intervals of types, distinct-n, entropy and repeats held the expected
 * value in none; the jackknife's in 90 to 98 %, and in 95 to 99 % of sets of 300 and 2,000: it errs to the wide side.
 * A set without any repeat has an interval of no width.
 */
export function measureSet(metric: string, { value, without }: LeftOut, range: Bounds): Measurement {
  const itemCount = without.length;
  if (itemCount < 2) return { metric, value, itemCount };
  const reach = computeStudentQuantile(0.975, itemCount - 1) * computeJackknifeError(without);
  const low = Math.max(range.low, value - reach);
  return { metric, value, low, high: Math.min(range.high, value + reach), itemCount };
}

function computeStudentBounds(values: Float64Array): Bounds {
  const { count, mean, variance } = computeMoments(values);
  const reach = computeStudentQuantile(0.975, count - 1) * Math.sqrt(variance / count);
  return { low: mean - reach, high: mean + reach };
}
