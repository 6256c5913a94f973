// The numbers of a run gathered for the statistics of evaluation: one cell an arm, generation and metric, over all seeds,
// and comparisons of two cells, paired. It streams, and keeps no items but those that will be compared.

import type { MetricDeclaration } from "../domain/metric.ts";
import type { MeasurementRecord, RunRecord } from "../domain/record.ts";
import { comparePair, type Verdict } from "../evaluation/intervals/pair.ts";
import type { Resampler } from "../evaluation/intervals/resampler.ts";
import { type Basis, type SeedMeasurement, summarizeSeeds } from "../evaluation/intervals/summary.ts";
import { computeMoments } from "../math/moments.ts";
import { computeQuantile } from "../math/quantile.ts";

/** A metric of one arm's model of one generation, over all seeds measured. */
export interface Cell {
  readonly arm: string;
  readonly generation: number;
  readonly metric: string;
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
  /** What the interval covers. */
  readonly basis: Basis;
  readonly itemCount: number | null;
  /** With items where the metric was asked for in full. */
  readonly seeds: readonly SeedValue[];
  /** The middle 80 % of the seeds. */
  readonly spread: readonly [number, number];
}

export interface SeedValue extends SeedMeasurement {
  readonly seed: number;
}

/** `to` less `from`, paired by seed and, where there are items, by item. */
export interface Comparison {
  readonly metric: string;
  readonly from: Cell;
  readonly to: Cell;
  /** Means over the shared seeds alone: what the difference is of, where a cell has seeds that the other lacks. */
  readonly fromMean: number;
  readonly toMean: number;
  readonly difference: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly basis: Basis;
  /** Seeds that both have. */
  readonly seedCount: number;
  /** About `to`. */
  readonly verdict: Verdict;
}

/** One comparison, on the seeds that both have; none where they share no seed. */
export function compareCells(
  from: Cell,
  to: Cell,
  { metric, resampler }: { readonly metric: MetricDeclaration; readonly resampler: Resampler },
): Comparison[] {
  const pairs = to.seeds.flatMap((one) => {
    const other = from.seeds.find(({ seed }) => seed === one.seed);
    return other ? [[one, other] as const] : [];
  });
  if (pairs.length === 0) return [];
  const result = comparePair(
    pairs.map(([one]) => one),
    pairs.map(([, other]) => other),
    { better: metric.better, resampler },
  );
  const { mean: difference, low, high, basis, seedCount, verdict } = result;
  const toMean = computeMoments(pairs.map(([one]) => one.value)).mean;
  const fromMean = computeMoments(pairs.map(([, other]) => other.value)).mean;
  return [{ metric: metric.name, from, to, fromMean, toMean, difference, low, high, basis, seedCount, verdict }];
}

export interface CellOptions {
  readonly resampler: Resampler;
  /** Metrics whose items are kept for comparisons; the others' are let go when their interval is known. */
  readonly keepItems: (metric: string) => boolean;
  readonly only?: (measurement: MeasurementRecord) => boolean;
}

/** Streams the record arm by arm, as it comes in plan order. */
export function* listCells(record: RunRecord, options: CellOptions): Generator<Cell> {
  let arm: string | null = null;
  let groups = new Map<string, MeasurementRecord[]>();
  const flush = (): Cell[] => [...groups.values()].map((group) => computeCell(group, options));
  for (const measurement of record.measurements()) {
    if (options.only && !options.only(measurement)) continue;
    if (measurement.arm !== arm) {
      yield* flush();
      arm = measurement.arm;
      groups = new Map();
    }
    const name = `${measurement.generation}/${measurement.metric}`;
    const group = groups.get(name);
    if (group) group.push(measurement);
    else groups.set(name, [measurement]);
  }
  yield* flush();
}

/** Of the measurements of one arm, generation and metric, one a seed. */
function computeCell(group: readonly MeasurementRecord[], { resampler, keepItems }: CellOptions): Cell {
  const { arm, generation, metric } = group[0]!;
  const { mean, low, high, basis, itemCount } = summarizeSeeds(group, resampler);
  const values = group.map(({ value }) => value).sort((a, b) => a - b);
  const keep = keepItems(metric);
  const seeds = group.map((one) => ({ ...one, items: keep ? one.items : null }));
  const spread = [computeQuantile(values, 0.1), computeQuantile(values, 0.9)] as const;
  return { arm, generation, metric, mean, low, high, basis, itemCount, seeds, spread };
}
