// Which provider a model's declaration stands for; today the embedded one, behind the ports any other fits.

import { createEmbeddedRuntime, type EmbeddedRuntime } from "../../embedded/runtime.ts";
import type { LanguageFrame } from "../experiment.ts";

export interface ModelProvider extends Pick<EmbeddedRuntime, "sampler" | "scorer" | "trainer" | "close"> {
  usage(): { readonly busyMs: number; readonly workerCount: number };
}

export async function openModelProvider({ base }: LanguageFrame, workers: number): Promise<ModelProvider> {
  const { sampler, scorer, trainer, pool, close } = await createEmbeddedRuntime({ base, workers });
  const usage = () => ({ busyMs: 1000 * pool.busySeconds(), workerCount: pool.workerCount });
  return { sampler, scorer, trainer, close, usage };
}
