// Means of many scores with 95 % intervals of the mean F, in memory that does not grow with their number.
// Values are added in the order of the pairs, so that neither batches nor threads can change a bit.

import { computeSeed } from "../keys/seed.ts";
import { type Bounds, computeBootstrap } from "../math/bootstrap.ts";
import type { Moments } from "../math/moments.ts";
import { createRandom } from "../math/random.ts";
import { createResamples } from "../math/resamples.ts";
import type { RougeMetric } from "../text/rouge-metric.ts";

export interface MetricSummary {
  readonly precision: number;
  readonly recall: number;
  readonly fmeasure: number;
  /** The interval of the mean F. */
  readonly low: number;
  readonly high: number;
}

export type IntervalKind =
  | { readonly kind: "percentile bootstrap"; readonly level: number; readonly resamples: number; readonly seed: number }
  | { readonly kind: "normal"; readonly level: number };

export interface ScoreSummary {
  readonly pairs: number;
  readonly metrics: Readonly<Record<string, MetricSummary>>;
  readonly interval: IntervalKind;
}

export interface SummaryBuilder {
  /** Adds pairs: precision, recall and F of each metric, pair by pair. */
  add(scores: Readonly<Float64Array>): void;
  read(): ScoreSummary;
}

/** Up to this many pairs are resampled; the normal interval of more differs from it by less than it varies by seed. */
export const mostResampled = 10_000;
const resampleCount = 1000;
const level = 0.95;
/** The normal distribution's quantile at 97.5 %. */
const normalQuantile = 1.959963984540054;

/** Creates a builder; `seed` is that of the bootstrap. */
export function createSummaryBuilder(metrics: readonly RougeMetric[], seed: number): SummaryBuilder {
  const columns = metrics.flatMap(() => [createColumn(), createColumn(), createColumn()]);
  /** The F of each metric for the first pairs. */
  const kept = metrics.map(() => new Float64Array(mostResampled));
  let pairs = 0;

  return {
    add(scores) {
      for (let start = 0; start < scores.length; start += columns.length, pairs++) {
        for (let column = 0; column < columns.length; column++) columns[column]!.add(scores[start + column]!);
        if (pairs >= mostResampled) continue;
        for (let metric = 0; metric < kept.length; metric++) kept[metric]![pairs] = scores[start + 3 * metric + 2]!;
      }
    },
    read() {
      const isResampled = pairs <= mostResampled;
      const resamples = isResampled
        ? createResamples(pairs, resampleCount, createRandom(computeSeed("score", seed)))
        : undefined;
      const entries = metrics.map((metric, index) => {
        const [precision, recall, fmeasure] = columns.slice(3 * index, 3 * index + 3).map((column) => column.read());
        const bounds = resamples
          ? computeBootstrap(kept[index]!.subarray(0, pairs), resamples, level)
          : computeNormalBounds(fmeasure!);
        return [metric, { precision: precision!.mean, recall: recall!.mean, fmeasure: fmeasure!.mean, ...bounds }];
      });
      const interval: IntervalKind = isResampled
        ? { kind: "percentile bootstrap", level, resamples: resampleCount, seed }
        : { kind: "normal", level };
      return { pairs, metrics: Object.fromEntries(entries), interval };
    },
  };
}

/** The mean's interval by the central limit theorem. */
function computeNormalBounds({ mean, variance, count }: Moments): Bounds {
  const reach = normalQuantile * Math.sqrt(variance / count);
  return { low: mean - reach, high: mean + reach };
}

interface Column {
  add(value: number): void;
  read(): Moments;
}

/** Mean and variance of values that come one by one (Welford 1962, Technometrics 4). */
function createColumn(): Column {
  let count = 0;
  let mean = 0;
  let squares = 0;
  return {
    add(value) {
      const difference = value - mean;
      mean += difference / ++count;
      squares += difference * (value - mean);
    },
    read: () => ({ count, mean, variance: squares / (count - 1) }),
  };
}
