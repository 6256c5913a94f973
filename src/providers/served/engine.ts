// What a server of models stands on: the two ports that answer, the models there are, and how texts fall into tokens.
// Types only. Which provider is behind the ports, and where models are kept, is decided elsewhere.

import type { Model, Sampler, Scorer } from "../../domain/ports.ts";

export interface ServedEngine {
  readonly sampler: Sampler;
  readonly scorer: Scorer;
  readonly models: ModelDirectory;
  readonly tokens: ServedTokens;
  /** Batches worth having under way at once: one for each worker behind the ports. */
  readonly width: number;
}

export interface ServedModel extends Model {
  /** Milliseconds since 1970. */
  readonly createdMs: number;
  /** What it was trained for: every arm that shares it. None for a base model. */
  readonly turns: readonly ServedTurn[];
  /** A verifier scores under it; no arm is sampled from it. */
  readonly isAuxiliary: boolean;
}

export interface ServedTurn {
  readonly arm: string;
  readonly seed: number;
  readonly generation: number;
}

/** Reads anew: models of generations still to come appear once they are trained. */
export interface ModelDirectory {
  list(): Promise<readonly ServedModel[]>;
  /** By the name of its lineage; undefined where it is not there, or not yet. */
  find(name: string): Promise<Model | undefined>;
  /** Names of models that were there once and were released. */
  released(): Promise<readonly string[]>;
}

export interface ServedTokens {
  /** One piece a token; together they are the text. */
  split(text: string): readonly string[];
  /** Tokens of a prompt that the models read; what is beyond them is cut. */
  readonly promptLimit: number;
  /** Tokens a completion may have, the end token included. */
  readonly completionLimit: number;
}

/** The name under which a base model is served beside that of its lineage. */
export const baseName = "base";
