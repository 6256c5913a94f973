// What an arm of a Gaussian experiment fixes, what of it cannot be run, and what the system is lent.

import type { ComputeParts, Policy } from "../../domain/corpus.ts";
import type { Problem } from "../../errors.ts";
import { gaussianMetrics } from "./metrics.ts";

export interface GaussianSettings {
  /** 1 to 100. */
  readonly dimensions: number;
  /** Rows a generation, real ones included; at least 2. */
  readonly samples: number;
  /** Divisor of the fitted covariance: N (the one Theorem 1 is about) or N - 1. */
  readonly covariance: "mle" | "unbiased";
  /** `statistics` draws the mean and scatter of the rows directly: the same law at a cost free of `samples`. */
  readonly draws: "statistics" | "rows";
  readonly corpus: Policy;
  /** Names of gaussianMetrics. */
  readonly metrics: readonly string[];
}

export interface GaussianParts {
  readonly computeParts: ComputeParts;
}

/** Everything that keeps the settings from being run, at once; `where` is the path of the setting. */
export function findGaussianProblems(settings: GaussianSettings): readonly Problem[] {
  const { dimensions, samples, metrics } = settings;
  const problems: Problem[] = [];
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > 100) {
    problems.push({ where: "system.dimensions", what: `${dimensions} is not a whole number from 1 to 100` });
  }
  if (!Number.isInteger(samples) || samples < 2) {
    problems.push({ where: "system.samples", what: `${samples} is not a whole number of at least 2` });
  }
  for (const name of metrics) {
    if (!gaussianMetrics.some((metric) => metric.name === name)) {
      const next = `choose among ${gaussianMetrics.map((metric) => metric.name).join(", ")}`;
      problems.push({ where: "evaluate.metrics", what: `a Gaussian has no metric ${name}`, next });
    } else if (name === "sigma" && dimensions !== 1) {
      const next = "set system.dimensions to 1 or leave sigma out";
      problems.push({
        where: "evaluate.metrics",
        what: `sigma is one number only in one dimension, not in ${dimensions}`,
        next,
      });
    }
  }
  return problems;
}

/** Subsampling and mixing pick single rows, so statistics of whole generations are not enough for them. */
export function needsRows({ corpus }: GaussianSettings): boolean {
  return corpus.kind === "accumulate-subsample" || corpus.kind === "mix";
}
