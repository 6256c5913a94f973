// ROUGE of the model's answers on the test split, F1, one value an answer. An answer that was refused or is empty
// scores 0: a model is not measured on the texts it chose to answer.

import type { TextMetric } from "../../domain/metric.ts";
import type { RougeMetric } from "../../text/rouge-metric.ts";
import { createRougeScorer } from "../../text/rouge-scorer.ts";
import { createItemResampler, measureItems, type ResampleItems } from "../intervals/measure.ts";

export interface RougeMetricOptions {
  readonly metrics: readonly RougeMetric[];
  readonly stemmer: boolean;
}

export function createRougeMetric(
  { metrics, stemmer }: RougeMetricOptions,
  resample: ResampleItems = createItemResampler(),
): TextMetric {
  return {
    version: 1,
    metrics: metrics.map((name) => ({ name, basis: "answers", better: "higher" })),
    async measure(candidates, seed) {
      const scorer = createRougeScorer({ metrics, stemmer });
      const columns = metrics.map((): number[] => []);
      for await (const { row, candidate } of candidates) {
        const scores = scorer.read(row.summary, candidate.completion);
        for (const [index, column] of columns.entries()) column.push(scores[3 * index + 2]!);
      }
      const resamples = resample(columns[0]?.length ?? 0, seed);
      return metrics.map((name, index) => measureItems(name, Float64Array.from(columns[index]!), resamples));
    },
  };
}
