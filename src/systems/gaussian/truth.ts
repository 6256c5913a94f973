// What theory says the loop must give, to which simulations are held. Fits are counted from 1: the model of
// generation g is fit g + 1. Real data has variance 1 in each of the dimensions; expectations are per dimension.

import { computeDigamma } from "../../math/digamma.ts";
import { computeTrigamma } from "../../math/trigamma.ts";

export interface GaussianCase {
  /** Rows a generation. */
  readonly samples: number;
  readonly covariance: "mle" | "unbiased";
}

export interface ExpectedFit {
  /** E trace ratio. */
  readonly traceRatio: number;
  /** E squared error of the mean, a dimension. */
  readonly meanError: number;
}

/**
 * Accumulate. With `mle` the ratio is Theorem 1 of Kazdan et al. (2024, "Collapse or Thrive?"):
 * prod_{k=1..t} (1 - 1/(n k^2)). The recursion behind it holds for both divisors: of N = n(k-1) pooled rows with variance
 * m, fitted as u, the next n rows add scatter u (n - 1) within and u (k-1)/k between the means.
 */
export function computeAccumulated({ samples: n, covariance }: GaussianCase, fits: number): ExpectedFit {
  let variance = 0;
  let fitted = 1;
  let meanError = 0;
  for (let k = 1; k <= fits; k++) {
    const total = n * k;
    meanError += fitted / (n * k * k);
    variance = (n * (k - 1) * variance + fitted * (n - 1 / k)) / total;
    fitted = covariance === "mle" ? variance : (variance * total) / (total - 1);
  }
  return { traceRatio: fitted, meanError };
}

/** Where accumulate with `mle` ends: the infinite product, sin(pi / sqrt n) / (pi / sqrt n) (Euler). */
export function computeAccumulatedLimit(samples: number): number {
  const angle = Math.PI / Math.sqrt(samples);
  return Math.sin(angle) / angle;
}

/** Replace: each fit multiplies the expected variance by 1 - 1/n (`mle`) or 1, and moves the mean by its n-th part. */
export function computeReplaced({ samples: n, covariance }: GaussianCase, fits: number): ExpectedFit {
  if (covariance === "unbiased") return { traceRatio: 1, meanError: fits / n };
  const traceRatio = (1 - 1 / n) ** fits;
  return { traceRatio, meanError: 1 - traceRatio };
}

/**
 * The logarithm of the ratio under replace in one dimension: a sum of independent logarithms of chi-squares, so
 * near normal where the ratio itself is so skewed that a sample mean misses its tail.
 */
export function computeReplacedLog(
  given: GaussianCase,
  fits: number,
): { readonly mean: number; readonly variance: number } {
  const half = (given.samples - 1) / 2;
  const divisor = given.covariance === "mle" ? given.samples : given.samples - 1;
  return {
    mean: fits * (computeDigamma(half) + Math.log(2 / divisor)),
    variance: fits * computeTrigamma(half),
  };
}
