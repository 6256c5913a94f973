// A run folder opened for serving: its models read anew beside its writer, and the base they were trained from.
// Nothing is written and no lock is taken.

import type { Clock } from "../../domain/context.ts";
import { createEmbeddedRuntime } from "../../embedded/runtime.ts";
import { UsageError } from "../../errors.ts";
import { baseName, type ModelDirectory, type ServedEngine, type ServedModel } from "../../providers/served/engine.ts";
import { readKnownRun } from "../../store/known-stages.ts";
import { type KnownModel, readModelList } from "../../store/shelf/model-list.ts";
import { restoreExperiment } from "../prepare.ts";
import { createServedEngine } from "./engine.ts";

export interface ServedRun {
  readonly engine: ServedEngine;
  readonly models: readonly ServedModel[];
  /** Lineages of models whose files are not there. */
  readonly released: readonly string[];
  close(): Promise<void>;
}

/** For this long, milliseconds, a model that was found is not looked for again. */
const freshMs = 1000;

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
  const models = createRunModels(directory, { ...runtime.base, createdMs: 0, turns: [], isAuxiliary: false }, clock);
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

function createRunModels(directory: string, base: ServedModel, clock: Clock): ModelDirectory {
  let known: readonly KnownModel[] = [];
  let readMs = Number.NEGATIVE_INFINITY;
  const read = (): readonly KnownModel[] => {
    [known, readMs] = [readModelList(directory), clock.monotonic()];
    return known;
  };
  return {
    list: async () => [...read().filter(({ isThere }) => isThere), base],
    async find(name) {
      if (name === baseName || name === base.lineage) return base;
      const isFresh = clock.monotonic() - readMs < freshMs;
      const find = (list: readonly KnownModel[]) => list.find(({ lineage, isThere }) => isThere && lineage === name);
      return (isFresh ? find(known) : undefined) ?? find(read());
    },
    released: async () => read().flatMap(({ isThere, lineage }) => (isThere ? [] : [lineage])),
  };
}
