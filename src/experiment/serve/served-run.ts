// A run folder opened for serving: its models read anew beside its writer, and the base they were trained from.
// Nothing is written and no lock is taken.

import type { Clock } from "../../domain/context.ts";
import { createEmbeddedRuntime } from "../../embedded/runtime.ts";
import { UsageError } from "../../errors.ts";
import type { ServedEngine, ServedModel } from "../../providers/served/engine.ts";
import { readKnownRun } from "../../store/known-stages.ts";
import { restoreExperiment } from "../prepare.ts";
import { createServedEngine } from "./engine.ts";
import { createRunModels } from "./run-models.ts";

export interface ServedRun {
  readonly engine: ServedEngine;
  readonly models: readonly ServedModel[];
  /** Lineages of models whose files are not there. */
  readonly released: readonly string[];
  close(): Promise<void>;
}

/** Throws UsageError for a run without embedded models. */
export async function openServedRun(directory: string, clock: Clock): Promise<ServedRun> {
  const { experiment } = restoreExperiment(readKnownRun(directory).resolved, directory);
  if (experiment.system !== "language" || experiment.language.trainer !== "embedded") {
    const what = `is of ${experiment.system === "language" ? "a scripted model" : `system ${experiment.system}`}: there is no model to serve`;
    throw new UsageError(what, { where: directory, next: "serve a run with model.trainer: embedded" });
  }
  const runtime = await createEmbeddedRuntime({
    base: experiment.language.base,
    ...(experiment.workers !== null && { workers: experiment.workers }),
  });
  const models = createRunModels(directory, runtime.base, clock);
  try {
    return {
      engine: createServedEngine(runtime, models),
      models: await models.list(),
      released: await models.released(),
      close: runtime.close,
    };
  } catch (error) {
    await runtime.close();
    throw error;
  }
}
