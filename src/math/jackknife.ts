// The jackknife estimate of a standard error (Quenouille 1956; Tukey 1958; Efron and Tibshirani 1993, section 11.2).
// It never repeats an item, so it serves statistics that count repeats, for which a bootstrap is wrong by construction.

import { computeMoments } from "./moments.ts";

/** From the statistic recomputed n times, each time without one of the n items; NaN below two items. */
export function computeJackknifeError(leftOneOut: ArrayLike<number>): number {
  const { count, variance } = computeMoments(leftOneOut);
  // (n - 1) / n times the sum of squares, and the variance is that sum over n - 1.
  return Math.sqrt((((count - 1) * (count - 1)) / count) * variance);
}
