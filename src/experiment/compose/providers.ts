// Which provider a model's declaration stands for, behind the ports that any other fits.

import { resolve } from "node:path";
import type { Clock } from "../../domain/context.ts";
import type { ReadRoundTrip } from "../../domain/lint.ts";
import type { Sampler, Scorer, Trainer } from "../../domain/ports.ts";
import { createEmbeddedRuntime } from "../../embedded/runtime.ts";
import { createScriptedProvider } from "../../providers/scripted/provider.ts";
import type { ServedEngine } from "../../providers/served/engine.ts";
import type { LanguageFrame, ScriptSettings } from "../experiment.ts";
import { embeddedTokens } from "../schema/language.ts";
import { createServedEngine } from "../serve/engine.ts";
import { createRunModels } from "../serve/run-models.ts";

export interface ModelProvider {
  readonly sampler: Sampler;
  readonly scorer: Scorer;
  readonly trainer: Trainer;
  /** What a server of the run's own models stands on; null where there is no model that could be served. */
  readonly createEngine: ((directory: string, clock: Clock) => ServedEngine) | null;
  close(): Promise<void>;
  /** null where the tokenizer is not at hand. */
  readonly readRoundTrip: ReadRoundTrip | null;
  /** What its models write at most; null for no limit. */
  readonly mostTokens: number | null;
  usage(): { readonly busyMs: number; readonly workerCount: number };
}

/** `workers` is null for one a core; `folder` is what paths of the experiment are relative to. */
export async function openModelProvider(
  { base, script }: LanguageFrame,
  { workers, folder }: { readonly workers: number | null; readonly folder: string },
): Promise<ModelProvider> {
  if (script !== null) return openScripted(script, folder);
  const runtime = await createEmbeddedRuntime({ base, ...(workers !== null && { workers }) });
  const { sampler, scorer, trainer, readRoundTrip, pool, close } = runtime;
  const createEngine = (directory: string, clock: Clock) =>
    createServedEngine(runtime, createRunModels(directory, runtime.base, clock));
  const usage = () => ({ busyMs: 1000 * pool.busySeconds(), workerCount: pool.workerCount });
  return { sampler, scorer, trainer, createEngine, readRoundTrip, mostTokens: embeddedTokens, close, usage };
}

/** Its books are its own: nothing of them belongs to the run. */
function openScripted({ folder, ...script }: ScriptSettings, root: string): ModelProvider {
  const provider = createScriptedProvider({ script, folder: folder === null ? null : resolve(root, folder) });
  const usage = () => ({ busyMs: 0, workerCount: 1 });
  return {
    ...provider,
    createEngine: null,
    readRoundTrip: null,
    mostTokens: null,
    close: async () => undefined,
    usage,
  };
}
