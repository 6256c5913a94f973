// The learner: a Gaussian, fitted by its first two moments. The real data comes from one of these too.

import type { Statistics } from "./statistics.ts";

export interface GaussianModel {
  readonly mean: Float64Array;
  /** Row-major, symmetric, positive semi-definite. */
  readonly covariance: Float64Array;
}

/** The distribution of real data: mean 0, covariance I. */
export function createRealModel(dimensions: number): GaussianModel {
  const covariance = new Float64Array(dimensions * dimensions);
  for (let i = 0; i < dimensions; i++) covariance[i * dimensions + i] = 1;
  return { mean: new Float64Array(dimensions), covariance };
}

/** Maximum likelihood divides the scatter by N, the unbiased estimator by N - 1. */
export function fitGaussian({ count, mean, scatter }: Statistics, covariance: "mle" | "unbiased"): GaussianModel {
  const divisor = covariance === "mle" ? count : count - 1;
  return { mean: mean.slice(), covariance: scatter.map((sum) => sum / divisor) };
}
