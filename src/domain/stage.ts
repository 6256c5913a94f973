// The vocabulary of the loop: arms, trials, turns, stages and the descriptions that ask for them.
// Types only. What a stage's parameters and value mean is known to its system alone.

import type { Json } from "../keys/canonical.ts";

/** The six stage verbs, and `trial`: a whole trial of a system whose grain is the trial. */
export type StageKind = "assemble" | "train" | "evaluate" | "sample" | "verify" | "select" | "trial";

/** One condition: corpus policy x verifier x selection x decoding. `settings` are read by the system alone. */
export interface Arm<Settings = unknown> {
  readonly id: string;
  /** Index of the last model; models are numbered 0..generations. */
  readonly generations: number;
  readonly settings: Settings;
}

/** One arm under one seed. */
export interface Trial<Settings = unknown> {
  readonly arm: Arm<Settings>;
  readonly seed: number;
}

/** One turn of the loop within a trial; generation 0 is trained on real data. */
export interface Turn<Settings = unknown> extends Trial<Settings> {
  readonly generation: number;
}

/**
 * Asks for a stage. Everything that can change its output stands in kind, version, parameters and inputs,
 * and its key is the digest of those; `turn` says who asks and is no part of the key.
 */
export interface Description {
  readonly kind: StageKind;
  /** Raised by hand whenever the same parameters and inputs would give another output. */
  readonly version: number;
  readonly parameters: Json;
  /** Finished stages, or descriptions of stages to be asked for first. */
  readonly inputs: readonly (Stage | Description)[];
  readonly turn: Turn;
}

/** A finished stage. In a plan, and only there, it has not run and `value` is undefined. */
export interface Stage {
  readonly key: string;
  readonly kind: StageKind;
  /** What the system's perform returned; JSON where the grain is `generation`. */
  readonly value: unknown;
  /** Digest of that value; empty in a plan and in memory. */
  readonly digest: string;
}

/** Asks for a stage and waits for it; asked for twice, a stage runs once. */
export type Execute = (description: Description) => Promise<Stage>;
