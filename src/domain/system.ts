// The port every system fits, from a one-dimensional Gaussian to a fine-tuned language model.
// A system describes the six stages and performs them; it has no loop over generations of its own.

import type { Context } from "./context.ts";
import type { Description, Stage, Turn } from "./stage.ts";

export interface System<Settings = unknown> {
  readonly name: string;
  /** Raised by hand when a trial of grain `trial` would give another output. */
  readonly version: number;
  /** `generation`: every stage is durable. `trial`: a trial is one durable stage and runs in memory. */
  readonly grain: "generation" | "trial";
  /** The corpus of this turn: real data at generation 0, later by policy from `kept`, one selection a generation. */
  assemble(turn: Turn<Settings>, kept: readonly Stage[]): Description;
  /** The model of this turn; `previous` is the model of the generation before, absent at generation 0. */
  train(turn: Turn<Settings>, corpus: Stage, previous: Stage | undefined): Description;
  /** What the model writes for the next corpus. */
  sample(turn: Turn<Settings>, model: Stage): Description;
  /** One description a verifier that this turn's model needs; none where nothing is scored. */
  verify(turn: Turn<Settings>, candidates: Stage, model: Stage): readonly Description[];
  select(turn: Turn<Settings>, candidates: Stage, scores: readonly Stage[]): Description;
  /** The evaluations of this turn's model on held-out real data; what they read may be asked for as nested inputs. */
  evaluate(turn: Turn<Settings>, model: Stage): readonly Description[];
  /**
   * Does what a description of this system says; `inputs` are its inputs, finished, in order.
   * Returns the stage's value: of an evaluate stage, its Measurement[].
   * The same description and inputs give the same value, whatever ran before. Inputs are never changed.
   * Throws CancelledError when the context's signal is aborted.
   */
  perform(description: Description, inputs: readonly Stage[], context: Context): Promise<unknown>;
}

/** One metric of one model. Values may be infinite; they are never NaN. */
export interface Measurement {
  readonly metric: string;
  readonly value: number;
  /** 95 % interval over items within this trial; absent where the metric has no items. */
  readonly low?: number;
  readonly high?: number;
  /** How many items the value is computed from; absent where the metric has no items. */
  readonly itemCount?: number;
  /** One value an item, in item order, whose mean is `value`; absent where the metric is no mean over items. */
  readonly items?: Float64Array;
}

/** What a trial stage returns: the measurements of every generation, in order. */
export type TrialMeasurements = readonly {
  readonly generation: number;
  readonly measurements: readonly Measurement[];
}[];
