// The embedded model as one provider: sampler, scorer and trainer over one pool of worker threads.
// It knows no experiment; whoever creates it closes it.

import { availableParallelism } from "node:os";
import type { ReadRoundTrip } from "../domain/lint.ts";
import type { Model, Sampler, Scorer } from "../domain/ports.ts";
import { readBase } from "./base.ts";
import { createPool, type Pool } from "./pool.ts";
import { createRoundTrip } from "./round-trip.ts";
import { createSampler } from "./sampler.ts";
import { createScorer } from "./scorer.ts";
import type { ModelShape } from "./shape.ts";
import { createTrainer, type EmbeddedTrainer } from "./trainer.ts";

export interface RuntimeOptions {
  /** `embedded:newswire`, or the path of a base model file. */
  readonly base?: string;
  /** Worker threads; one a core unless given. */
  readonly workers?: number;
}

export interface EmbeddedRuntime {
  readonly sampler: Sampler;
  readonly scorer: Scorer;
  readonly trainer: EmbeddedTrainer;
  /** The base model itself, to be sampled or scored under like any other. */
  readonly base: Model;
  readonly shape: ModelShape;
  /** What a prompt loses on its way through the vocabulary, which no fine-tune changes. */
  readonly readRoundTrip: ReadRoundTrip;
  readonly pool: Pool;
  close(): Promise<void>;
}

/** Reads the base, refusing a damaged one; threads start with the first task. */
export async function createEmbeddedRuntime(options: RuntimeOptions = {}): Promise<EmbeddedRuntime> {
  const { model, shape, words } = await readBase(options.base ?? "embedded:newswire");
  const pool = createPool({ workers: options.workers ?? availableParallelism() });
  return {
    sampler: createSampler(pool, shape),
    scorer: createScorer(pool, shape),
    trainer: createTrainer(pool, model),
    base: { ...model, lineage: `base:${model.digest}` },
    shape,
    readRoundTrip: createRoundTrip(words, shape),
    pool,
    close: () => pool.close(),
  };
}
