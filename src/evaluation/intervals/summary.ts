// One metric of one arm and generation over all its seeds: the mean of per-seed values and its interval.

import { type Bounds, computeBootstrap } from "../../math/bootstrap.ts";
import { computeCrossedBootstrap, computeCrossedStudent } from "../../math/crossed-bootstrap.ts";
import { computeMoments } from "../../math/moments.ts";
import { computeStudentQuantile } from "../../math/student-quantile.ts";
import type { Resampler } from "./resampler.ts";

/** What is known of a metric under one seed; a Measurement and a MeasurementRecord are both this. */
export interface SeedMeasurement {
  readonly value: number;
  readonly low?: number | null;
  readonly high?: number | null;
  readonly itemCount?: number | null;
  readonly items?: Float64Array | null;
}

/** What was varied to find an interval: what it speaks of beyond the numbers at hand. */
export type Basis = "seeds and items" | "items only" | "seeds" | "none";

export interface Summary {
  /** NaN where there is no seed. */
  readonly mean: number;
  /** 95 %; null where nothing can be said. */
  readonly low: number | null;
  readonly high: number | null;
  readonly basis: Basis;
  readonly seedCount: number;
  /** Items a seed; null where the metric has none or seeds differ in them. */
  readonly itemCount: number | null;
}

/** The normal quantile that a 95 % interval reaches to. */
export const normalReach = 1.959963984540054;

/** Fewer seeds say nothing about seeds: the interval is then one over items, and is labelled so. */
const leastSeeds = 3;

/**
 * One seed: its own interval. With items, three seeds or more: the crossed bootstrap. With items, fewer seeds: the
 * percentile bootstrap of each item's mean over seeds. Without items: Student's t over seeds, or, under three seeds, the
 * seeds' own intervals together.
 */
export function summarizeSeeds(seeds: readonly SeedMeasurement[], resampler: Resampler): Summary {
  const { mean } = computeMoments(seeds.map((seed) => seed.value));
  const [first] = seeds;
  const itemCount =
    first && seeds.every((seed) => seed.itemCount === first.itemCount) ? (first.itemCount ?? null) : null;
  const about = { mean, seedCount: seeds.length, itemCount };
  // One text tells nothing of another, whatever the number of seeds.
  if (itemCount === 1) return { ...about, low: null, high: null, basis: "none" };
  const { low, high } = first ?? {};
  // The seed's own, as it was measured: one number has one interval, wherever it is told.
  if (seeds.length === 1 && isNumber(low) && isNumber(high) && low <= high)
    return { ...about, low, high, basis: "items only" };
  const table = createTable(seeds);
  if (table) {
    const { low, high } = computeTableBounds(table, resampler);
    // Differences of two infinities leave nothing to order.
    if (!(low <= high)) return { ...about, low: null, high: null, basis: "none" };
    return { ...about, low, high, basis: table.length < leastSeeds ? "items only" : "seeds and items" };
  }
  if (seeds.length < leastSeeds) {
    const reach = normalReach * computeErrorOverItems(seeds);
    if (Number.isFinite(reach)) return { ...about, low: mean - reach, high: mean + reach, basis: "items only" };
  }
  const reach = computeSeedReach(seeds);
  if (!Number.isFinite(reach)) return { ...about, low: null, high: null, basis: "none" };
  return { ...about, low: mean - reach, high: mean + reach, basis: "seeds" };
}

/** The values by seed and item; null where a seed has none, or seeds have different numbers of them. */
export function createTable(seeds: readonly SeedMeasurement[]): readonly Float64Array[] | null {
  const rows = seeds.map((seed) => seed.items ?? null).filter((row) => row !== null);
  const [first] = rows;
  if (!first || first.length === 0 || rows.length < seeds.length) return null;
  return rows.every((row) => row.length === first.length) ? rows : null;
}

function computeTableBounds(table: readonly Float64Array[], resampler: Resampler): Bounds {
  const itemCount = table[0]!.length;
  const resamples = resampler.read(table.length, itemCount);
  if (table.length >= leastSeeds) {
    return resamples ? computeCrossedBootstrap(table, resamples) : computeCrossedStudent(table);
  }
  const itemMeans = new Float64Array(itemCount);
  for (const row of table) for (let item = 0; item < itemCount; item++) itemMeans[item]! += row[item]! / table.length;
  if (resamples) return computeBootstrap(itemMeans, resamples.items);
  const { mean, variance } = computeMoments(itemMeans);
  const reach = normalReach * Math.sqrt(variance / itemCount);
  return { low: mean - reach, high: mean + reach };
}

/** The standard error of the mean over seeds from each seed's own interval over items; NaN where one has none. */
export function computeErrorOverItems(seeds: readonly SeedMeasurement[]): number {
  let sum = 0;
  for (const { value, low, high } of seeds) {
    if (!isNumber(low) || !isNumber(high)) return Number.NaN;
    // The wider side: the other may have met the end of the metric's range.
    sum += (Math.max(value - low, high - value) / normalReach) ** 2;
  }
  return Math.sqrt(sum) / seeds.length;
}

function isNumber(value: number | null | undefined): value is number {
  return typeof value === "number";
}

/** Half the width of Student's interval over seeds; NaN for a single seed. */
function computeSeedReach(seeds: readonly SeedMeasurement[]): number {
  const { count, variance } = computeMoments(seeds.map((seed) => seed.value));
  return count < 2 ? Number.NaN : computeStudentQuantile(0.975, count - 1) * Math.sqrt(variance / count);
}
