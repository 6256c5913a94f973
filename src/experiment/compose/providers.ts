// Which provider a model's declaration stands for; today the embedded one, behind the ports any other fits.

import type { ReadRoundTrip } from "../../domain/lint.ts";
import { createEmbeddedRuntime, type EmbeddedRuntime } from "../../embedded/runtime.ts";
import type { LanguageFrame } from "../experiment.ts";

export interface ModelProvider extends Pick<EmbeddedRuntime, "sampler" | "scorer" | "trainer" | "close"> {
  /** null where the tokenizer is not at hand. */
  readonly readRoundTrip: ReadRoundTrip | null;
  usage(): { readonly busyMs: number; readonly workerCount: number };
}

/** `workers` is null for one a core. */
export async function openModelProvider({ base }: LanguageFrame, workers: number | null): Promise<ModelProvider> {
  const { sampler, scorer, trainer, readRoundTrip, pool, close } = await createEmbeddedRuntime({
    base,
    ...(workers !== null && { workers }),
  });
  const usage = () => ({ busyMs: 1000 * pool.busySeconds(), workerCount: pool.workerCount });
  return { sampler, scorer, trainer, readRoundTrip, close, usage };
}
