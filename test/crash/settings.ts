// What the laboratory's run can be told.

import type { CallFault } from "../../src/providers/scripted/script.ts";

export interface PipelineSettings {
  /** Rows of the train split: prompts a generation. */
  readonly rows: number;
  readonly generations: number;
  readonly arms: 1 | 2;
  /** The arms in the other order. */
  readonly isReversed: boolean;
  readonly seeds: readonly number[];
  /** Calls in flight at once, and how long each takes. */
  readonly width: number;
  readonly delayMs: number;
  readonly gatherMs: number;
  /** How long the log grows before it is copied back beside the writer; the store's own choice is far more than is written. */
  readonly checkpointBytes?: number;
  /** How long calls on their way are waited for when it is told to stop. */
  readonly drainMs: number;
  readonly calls: Readonly<Record<CallFault, number>>;
}

/** Twelve samples, verified, selected, assembled, trained on, evaluated; no time is spent waiting for company. */
export const defaultSettings: PipelineSettings = {
  rows: 12,
  generations: 1,
  arms: 1,
  isReversed: false,
  seeds: [0],
  width: 4,
  delayMs: 0,
  gatherMs: 0,
  drainMs: 30_000,
  calls: { busy: 0, lost: 0, rejected: 0 },
};
