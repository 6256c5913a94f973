// What readers are told of each metric: a name in words, its unit, and which way is better. A metric that is not
// listed, a user's own for example, goes by its own name.

import type { MetricDeclaration } from "../domain/metric.ts";
import { renderVisibleLine } from "../text/visible.ts";

export interface MetricLabel {
  readonly name: string;
  /** `Test loss`, at the start of a sentence. */
  readonly title: string;
  /** Null where the number is a plain ratio or count. */
  readonly unit: string | null;
  /** `higher is better`, or null where neither way is. */
  readonly direction: string | null;
  /** One sentence for a reader who has never heard of it; null where none is known. */
  readonly meaning: string | null;
  readonly better: MetricDeclaration["better"];
}

/** Neither way is better: a spread above that of real data is as wrong as one below. */
const lostBelowOne = "1 is real data; below 1 spread is lost";

const known: Readonly<Record<string, readonly [title: string, unit: string | null, meaning: string]>> = {
  rouge1: ["ROUGE-1", "F1, 0 to 1", "Words shared with the reference summary."],
  rouge2: ["ROUGE-2", "F1, 0 to 1", "Pairs of neighbouring words shared with the reference summary."],
  rougeL: ["ROUGE-L", "F1, 0 to 1", "Longest common sequence of words with the reference summary."],
  rougeLsum: ["ROUGE-Lsum", "F1, 0 to 1", "ROUGE-L taken line by line."],
  loss: ["Test loss", "nats per token", "How surprised the model is by real data it has not seen."],
  types: ["Distinct words", "words", "How many different words the model still uses."],
  distinct1: ["Distinct-1", "share, 0 to 1", "Different words divided by all words written."],
  distinct2: ["Distinct-2", "share, 0 to 1", "Different pairs of words divided by all pairs written."],
  entropy: ["Entropy of words", "bits", "How evenly the model spreads its choice of words."],
  rareWords: [
    "Rare words still written",
    "share, 0 to 1",
    "Of the rare words of real data, how many the model still uses.",
  ],
  duplicates: ["Duplicates", "share, 0 to 1", "How many texts repeat another one word for word."],
  length: ["Length", "words a text", "How long the texts are that the model writes."],
  rows: ["Rows trained on", "rows", "How many rows training read, a row counted each time that it was read."],
  steps: ["Training steps", "steps", "How many updates the model was trained with."],
  tokens: ["Tokens trained on", "tokens", "How many tokens the training loss was taken over."],
  acceptance: [
    "Acceptance",
    "share, 0 to 1",
    "How many of the texts that were drawn became rows: a selection before any other.",
  ],
  traceRatio: ["Trace ratio", lostBelowOne, "Spread of the model against the spread of the real data."],
  determinantRatio: ["Determinant ratio", lostBelowOne, "Volume of the model against that of real data."],
  meanError: ["Squared error of the mean", null, "How far the model has wandered from the real centre."],
  wasserstein: ["Wasserstein-2 distance", null, "How far the model is from the real distribution as a whole."],
  sigma: ["Standard deviation", lostBelowOne, "Spread of the model."],
};

export function createMetricLabel(metric: MetricDeclaration): MetricLabel {
  // A metric may be called constructor.
  const label = Object.hasOwn(known, metric.name) ? known[metric.name] : undefined;
  const [title, unit, meaning] = label ?? [renderVisibleLine(metric.name), null, null];
  const direction = metric.better === "neither" ? null : `${metric.better} is better`;
  return { name: metric.name, title, unit, direction, meaning, better: metric.better };
}
