// Every metric of a text experiment by its name in metrics.csv: what it is computed from, which way is better, and
// whether it is a mean over items. How each is computed stands in texts/.

import type { MetricDeclaration } from "../domain/metric.ts";

export interface TextMetricDeclaration extends MetricDeclaration {
  /** One value an item, whose mean is the value; the others describe all texts together. */
  readonly hasItems: boolean;
}

/** In the order of metrics.csv. Length has no better: real texts are neither the longest nor the shortest. */
export const textMetrics: readonly TextMetricDeclaration[] = [
  { name: "rouge1", basis: "answers", better: "higher", hasItems: true },
  { name: "rouge2", basis: "answers", better: "higher", hasItems: true },
  { name: "rougeL", basis: "answers", better: "higher", hasItems: true },
  { name: "loss", basis: "gold", better: "lower", hasItems: true },
  { name: "types", basis: "samples", better: "higher", hasItems: false },
  { name: "distinct1", basis: "samples", better: "higher", hasItems: false },
  { name: "distinct2", basis: "samples", better: "higher", hasItems: false },
  { name: "entropy", basis: "samples", better: "higher", hasItems: false },
  { name: "rareWords", basis: "samples", better: "higher", hasItems: false },
  { name: "duplicates", basis: "samples", better: "lower", hasItems: false },
  { name: "length", basis: "samples", better: "neither", hasItems: true },
  { name: "rows", basis: "none", better: "neither", hasItems: false },
  { name: "steps", basis: "none", better: "neither", hasItems: false },
  { name: "tokens", basis: "none", better: "neither", hasItems: false },
  { name: "acceptance", basis: "none", better: "neither", hasItems: false },
];

/** The declaration of a metric; undefined where the name is none. */
export function findTextMetric(name: string): TextMetricDeclaration | undefined {
  return textMetrics.find((metric) => metric.name === name);
}
