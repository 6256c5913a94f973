// The port of a metric over texts: what it needs, which way is better, and how it measures.

import type { StoredCandidate } from "./rows.ts";
import type { Measurement } from "./system.ts";

/**
 * The texts a metric is computed from, always of the test split: `answers` as evaluation decodes, `samples` as the
 * arm samples, `gold` the reference texts with their log-probability under the model, `none` for facts of training.
 */
export type MetricBasis = "answers" | "samples" | "gold" | "none";

export interface MetricDeclaration {
  readonly name: string;
  readonly basis: MetricBasis;
  readonly better: "higher" | "lower" | "neither";
}

/** Computes a group of metrics from texts of the given basis. */
export interface TextMetric {
  readonly version: number;
  readonly metrics: readonly MetricDeclaration[];
  measure(candidates: AsyncIterable<StoredCandidate>, seed: Uint32Array): Promise<readonly Measurement[]>;
}
