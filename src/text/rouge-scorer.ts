// ROUGE (Lin 2004, "ROUGE: a package for automatic evaluation of summaries") with the semantics of Google's rouge_score
// 0.1.2, equal to it in the last bit: precision, recall and F of n-gram overlap and of longest common subsequences.
// Made for millions of pairs in process: scratch is reused, and `read` allocates nothing. One scorer serves one thread.

import { createOverlapCounter } from "./overlap.ts";
import { computeOrder, type RougeMetric } from "./rouge-metric.ts";
import { createSubsequence } from "./subsequence.ts";
import { createSummaryMatches } from "./summary-matches.ts";
import { createTokenList, type TokenList } from "./token-list.ts";
import { createTokenReader } from "./token-reader.ts";

export interface RougeScore {
  readonly precision: number;
  readonly recall: number;
  readonly fmeasure: number;
}

export interface RougeOptions<Metric extends RougeMetric> {
  readonly metrics: readonly Metric[];
  /** Whether tokens are compared by their Porter stems; false where left out. */
  readonly stemmer?: boolean;
}

export interface RougeScorer<Metric extends RougeMetric = RougeMetric> {
  readonly metrics: readonly Metric[];
  compute(reference: string, prediction: string): Readonly<Record<Metric, RougeScore>>;
  /** For each metric the score against the reference with the highest F, the first of equals (rouge_score's score_multi). */
  computeBest(references: readonly string[], prediction: string): Readonly<Record<Metric, RougeScore>>;
  /**
   * The same numbers without allocation: precision, recall, F of each metric in order.
   * The array is the scorer's own and holds until its next call.
   */
  read(references: string | readonly string[], prediction: string): Readonly<Float64Array>;
}

/** Creates a scorer for one or more metrics. */
export function createRougeScorer<const Metric extends RougeMetric>(
  options: RougeOptions<Metric>,
): RougeScorer<Metric> {
  const { metrics, stemmer = false } = options;
  const row = new Float64Array(3 * metrics.length);
  const reader = createTokenReader(stemmer);
  const predicted = createTokenList();
  const referred = createTokenList();
  const counters = metrics.map((metric) => createCounter(metric));

  const readOne = (reference: string, isFirst: boolean): void => {
    reader.read(reference, referred);
    const bound = reader.count();
    for (let index = 0; index < counters.length; index++) {
      const { order, count } = counters[index]!;
      const overlap = count(referred, predicted, bound);
      const precision = overlap / Math.max(predicted.count - order + 1, 1);
      const recall = overlap / Math.max(referred.count - order + 1, 1);
      const sum = precision + recall;
      const fmeasure = sum > 0 ? (2 * precision * recall) / sum : 0;
      if (!isFirst && fmeasure <= row[3 * index + 2]!) continue;
      row[3 * index] = precision;
      row[3 * index + 1] = recall;
      row[3 * index + 2] = fmeasure;
    }
  };

  const read = (references: string | readonly string[], prediction: string): Float64Array => {
    reader.clear();
    reader.read(prediction, predicted);
    if (typeof references === "string") readOne(references, true);
    else if (references.length === 0) throw new RangeError("ROUGE needs at least one reference");
    else for (let index = 0; index < references.length; index++) readOne(references[index]!, index === 0);
    return row;
  };

  const compute = (
    references: string | readonly string[],
    prediction: string,
  ): Readonly<Record<Metric, RougeScore>> => {
    const scores = read(references, prediction);
    const entries = metrics.map((metric, index) => {
      const [precision = 0, recall = 0, fmeasure = 0] = scores.subarray(3 * index, 3 * index + 3);
      return [metric, { precision, recall, fmeasure }];
    });
    return Object.fromEntries(entries);
  };

  return { metrics, read, compute, computeBest: compute };
}

/** What one metric counts, and the number of tokens one counted thing spans. */
interface Counter {
  readonly order: number;
  count(reference: TokenList, prediction: TokenList, bound: number): number;
}

function createCounter(metric: RougeMetric): Counter {
  if (metric === "rougeL") return { order: 1, count: createSubsequence().compute };
  if (metric === "rougeLsum") return { order: 1, count: createSummaryMatches().compute };
  const order = computeOrder(metric)!;
  return { order, count: createOverlapCounter(order).compute };
}
