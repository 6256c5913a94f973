// A provider whose answers and faults are written down: for dry runs, tests and the crash laboratory.
// It is sampled, scored and trained through the same ports as any other, and keeps books of what it was asked for.

import type { Sampler, Scorer, Trainer } from "../../domain/ports.ts";
import { createScriptedSampler } from "./sampler.ts";
import { createScriptedScorer } from "./scorer.ts";
import { defaultScript, type Script } from "./script.ts";
import { openService } from "./service.ts";
import { createScriptedTrainer } from "./trainer.ts";

export interface ScriptedProvider {
  readonly sampler: Sampler;
  readonly scorer: Scorer;
  readonly trainer: Trainer;
}

export interface ScriptedOptions {
  readonly script?: Partial<Script>;
  /** Where it keeps its books, outside of any run; null or left out for nowhere. */
  readonly folder?: string | null;
}

export function createScriptedProvider({ script, folder = null }: ScriptedOptions = {}): ScriptedProvider {
  const whole = { ...defaultScript, ...script };
  const service = openService(whole, folder);
  return {
    sampler: createScriptedSampler(whole, service),
    scorer: createScriptedScorer(),
    trainer: createScriptedTrainer(whole, service),
  };
}
