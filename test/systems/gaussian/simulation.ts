// Runs trials of the Gaussian on the loop, as an experiment does, and gathers one metric by fit.

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Policy } from "../../../src/domain/corpus.ts";
import type { TrialMeasurements } from "../../../src/domain/system.ts";
import { computeMoments } from "../../../src/math/moments.ts";
import type { GaussianSettings } from "../../../src/systems/gaussian/settings.ts";
import { idleLedger } from "../../helpers/idle-ledger.ts";

export const defaults: GaussianSettings = {
  dimensions: 1,
  samples: 10,
  covariance: "mle",
  draws: "statistics",
  corpus: { kind: "replace" },
  metrics: ["traceRatio", "meanError"],
};
export const replace: Policy = { kind: "replace" };
export const accumulate: Policy = { kind: "accumulate" };

export const context = {
  key: "simulation",
  signal: new AbortController().signal,
  clock: { now: () => 0, monotonic: () => 0 },
  ledger: idleLedger,
  progress: { report: () => undefined },
};

export interface Simulation extends Partial<GaussianSettings> {
  /** Fits to run; the last model is generation fits - 1. */
  readonly fits: number;
  readonly trials: number;
  readonly firstSeed?: number;
}

/** All trials of one arm, one after another. */
export async function simulate(simulation: Simulation): Promise<TrialMeasurements[]> {
  const worker = new Worker(new URL("simulation-worker.ts", import.meta.url), { workerData: simulation });
  const [results] = await once(worker, "message");
  return results;
}

/** The metric after this many fits in every trial. */
export function gather(results: readonly TrialMeasurements[], metric: string, fits: number): Float64Array {
  return Float64Array.from(results, (generations) => {
    return generations[fits - 1]!.measurements.find((measurement) => measurement.metric === metric)!.value;
  });
}

/** How many standard errors the mean of the values is from the expected one, whose own error may be given. */
export function computeDeviation(values: ArrayLike<number>, expected: number, expectedError = 0): number {
  const { count, mean, variance } = computeMoments(values);
  return (mean - expected) / Math.hypot(Math.sqrt(variance / count), expectedError);
}
