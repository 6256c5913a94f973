// What the pool and its workers say to each other. Everything here survives a structured clone.

import type { ErrorCode } from "../errors.ts";
import type { Encoding } from "./model-file.ts";
import type { ModelShape } from "./shape.ts";

/** A model file and the SHA-256 of its bytes. */
export interface ModelReference {
  readonly file: string;
  readonly digest: string;
}

export interface TrainTask {
  readonly kind: "train";
  /** A model to go on from, or the shape, words and seed of one to train from scratch. */
  readonly start: ModelReference | { readonly shape: ModelShape; readonly words: readonly string[] };
  readonly params: TrainParams;
  readonly rowCount: number;
  readonly seed: string;
  /** Where the trained model is written and synced. */
  readonly file: string;
  readonly encoding: Encoding;
}

export interface TrainParams {
  readonly epochs: number;
  /** Optimiser steps; null for as many as the epochs need. */
  readonly steps: number | null;
  /** Rows a step. */
  readonly batch: number;
  /** Peak of the learning rate. */
  readonly rate: number;
  /** Steps over which the rate rises to its peak. */
  readonly warmup: number;
  /** Share of the rows in which known words are hidden behind placeholders, so that copying them is learned. */
  readonly hidden: number;
}

/** Draw d of prompt p is seeded by (seed, p.id, d), or by the seed p brings for it, and by nothing of its company. */
export interface DecodeTask {
  readonly kind: "decode";
  readonly model: ModelReference;
  readonly prompts: readonly DecodePrompt[];
  readonly draws: number;
  readonly temperature: number;
  readonly topP: number | null;
  readonly topK: number | null;
  readonly maxTokens: number;
  /** A completion ends where one of these begins. */
  readonly stop: readonly string[];
  readonly seed: string;
}

export interface DecodePrompt {
  readonly id: string;
  readonly text: string;
  /** One a draw. */
  readonly seeds?: readonly Uint32Array[];
}

/** Rows are answered in order. */
export interface ScoreTask {
  readonly kind: "score";
  readonly model: ModelReference;
  readonly rows: readonly TextRow[];
}

/** A row as the model sees it: the rendered prompt, which is the article, and what follows it. */
export interface TextRow {
  readonly prompt: string;
  readonly completion: string;
}

export type Task = TrainTask | DecodeTask | ScoreTask;

/** Counts over all epochs; the loss is the mean over the last tenth of the steps. */
export interface TrainOutcome {
  readonly rows: number;
  readonly steps: number;
  readonly tokens: number;
  readonly loss: number;
  readonly losses: Losses;
}

/** What did not fit the model: nothing is dropped silently. A type, not an interface: the port asks for a record. */
export type Losses = {
  readonly cutArticles: number;
  readonly cutCompletions: number;
  /** Tokens of articles and completions encoded as unknown. */
  readonly unknownTokens: number;
};

/** One for each prompt and draw, draw by draw within a prompt. */
export interface DecodeOutcome {
  readonly text: string;
  readonly finish: "stop" | "length";
  /** End token included when produced; at temperature 1, before any truncation. */
  readonly logProbabilities: Float64Array;
}

export interface ScoreOutcome {
  readonly logProbabilities: Float64Array;
  readonly cut: boolean;
}

/** What each kind of task gives. */
export interface OutcomeByKind {
  readonly train: TrainOutcome;
  readonly decode: readonly DecodeOutcome[];
  readonly score: readonly ScoreOutcome[];
}

export type ToWorker =
  /** `cancelled` holds one integer, 1 once the task is to stop; it is looked at between batches. */
  | { readonly kind: "start"; readonly id: number; readonly task: Task; readonly cancelled: Int32Array }
  /** The answer to a pull; null after the last row. */
  | { readonly kind: "block"; readonly id: number; readonly rows: readonly TextRow[] | null };

export type FromWorker =
  | { readonly kind: "pull"; readonly id: number }
  | { readonly kind: "progress"; readonly id: number; readonly done: number; readonly total: number }
  | {
      readonly kind: "done";
      readonly id: number;
      readonly outcome: OutcomeByKind[Task["kind"]];
      readonly busyMs: number;
    }
  | { readonly kind: "cancelled"; readonly id: number; readonly busyMs: number }
  | { readonly kind: "failed"; readonly id: number; readonly error: ErrorRecord; readonly busyMs: number };

/** An error as data; `code` is null where it is not one of ours. */
export interface ErrorRecord {
  readonly code: ErrorCode | null;
  readonly what: string;
  readonly where: string | undefined;
  readonly next: string | undefined;
  readonly stack: string | undefined;
}
