// How far a fitted Gaussian is from the real one (mean 0, covariance I), in the measures of the literature.

import type { MetricDeclaration } from "../../domain/metric.ts";
import type { Measurement } from "../../domain/system.ts";
import { computeSymmetricEigenvalues } from "../../math/symmetric-eigenvalues.ts";
import type { GaussianModel } from "./model.ts";

/**
 * The first two are those of Gerstgrasser et al.'s comparison. Real data has spread 1: a model is wrong above it as well as
 * below, so neither way of a ratio is called better.
 */
export const gaussianMetrics: readonly MetricDeclaration[] = [
  { name: "traceRatio", basis: "none", better: "neither" },
  { name: "meanError", basis: "none", better: "lower" },
  { name: "determinantRatio", basis: "none", better: "neither" },
  { name: "wasserstein", basis: "none", better: "lower" },
  { name: "sigma", basis: "none", better: "neither" },
];

/** The metrics of these names, in this order. */
export function measureGaussian(model: GaussianModel, names: readonly string[]): readonly Measurement[] {
  // Eigenvalues cost as much as a generation, so they are found only where asked for, and once.
  let eigenvalues: Float64Array | undefined;
  const findEigenvalues = (): Float64Array => {
    eigenvalues ??= computeEigenvalues(model);
    return eigenvalues;
  };
  return names.map((metric) => ({ metric, value: computeMetric(metric, model, findEigenvalues) }));
}

function computeMetric(name: string, model: GaussianModel, findEigenvalues: () => Float64Array): number {
  const { mean, covariance } = model;
  switch (name) {
    case "traceRatio":
      return computeTrace(covariance, mean.length) / mean.length;
    case "meanError":
      return computeSquaredLength(mean);
    case "determinantRatio":
      return Math.exp(findEigenvalues().reduce((sum, value) => sum + Math.log(value), 0));
    case "wasserstein":
      // Bures: |mu|^2 + tr(Sigma + I - 2 Sigma^(1/2)), and the trace is the sum of (root - 1)^2 (Dowson and Landau 1982).
      return Math.sqrt(
        findEigenvalues().reduce((sum, value) => sum + (Math.sqrt(value) - 1) ** 2, computeSquaredLength(mean)),
      );
    case "sigma":
      return Math.sqrt(covariance[0]!);
    default:
      throw new TypeError(`a Gaussian has no metric ${name}`);
  }
}

function computeTrace(matrix: Float64Array, dimensions: number): number {
  let trace = 0;
  for (let i = 0; i < dimensions; i++) trace += matrix[i * dimensions + i]!;
  return trace;
}

function computeSquaredLength(vector: Float64Array): number {
  return vector.reduce((sum, value) => sum + value * value, 0);
}

/** Values within rounding of the largest are zero: in so thin a direction the matrix holds nothing but rounding. */
function computeEigenvalues({ mean, covariance }: GaussianModel): Float64Array {
  const values = computeSymmetricEigenvalues(covariance, mean.length);
  const rounding = 8 * mean.length * Number.EPSILON * values.at(-1)!;
  return values.map((value) => (value > rounding ? value : 0));
}
