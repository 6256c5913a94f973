// All trials of an experiment, concurrently, over one executor. The one way into the loop, for running and planning.

import pLimit from "p-limit";
import type { Description, Execute, Trial } from "../domain/stage.ts";
import type { System } from "../domain/system.ts";
import type { Json } from "../keys/canonical.ts";
import { runTrial } from "./trial.ts";

export interface TrialsOptions {
  /** Trials under way at once, at least 1. */
  readonly concurrency: number;
  /** Called with the first failure, so that the others can be stopped; they are waited for. */
  readonly onFailure: (error: unknown) => void;
}

/** Runs every trial to its end or to the first failure, which is thrown once all others have come to rest. */
export async function runTrials<Settings>(
  trials: readonly Trial<Settings>[],
  system: System<Settings>,
  execute: Execute,
  { concurrency, onFailure }: TrialsOptions,
): Promise<void> {
  const limit = pLimit(concurrency);
  let failure: { readonly error: unknown } | undefined;
  const run = async (trial: Trial<Settings>): Promise<void> => {
    if (failure) return;
    try {
      if (system.grain === "trial") await execute(describeTrial(trial, system));
      else await runTrial(trial, system, execute);
    } catch (error) {
      if (!failure) onFailure(error);
      failure ??= { error };
    }
  };
  await Promise.all(trials.map((trial) => limit(run, trial)));
  if (failure) throw failure.error;
}

/** A trial that runs in memory is one stage; its settings and its length are what it depends on. */
export function describeTrial<Settings>(trial: Trial<Settings>, system: System<Settings>): Description {
  return {
    kind: "trial",
    version: system.version,
    parameters: {
      system: system.name,
      settings: trial.arm.settings as Json,
      generations: trial.arm.generations,
      seed: trial.seed,
    },
    inputs: [],
    turn: { ...trial, generation: trial.arm.generations },
  };
}
