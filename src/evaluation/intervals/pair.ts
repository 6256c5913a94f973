// Two arms compared on the same seeds and items: the difference, its interval, and what may be said of it.

import type { MetricDeclaration } from "../../domain/metric.ts";
import type { Resampler } from "./resampler.ts";
import {
  computeErrorOverItems,
  createTable,
  normalReach,
  type SeedMeasurement,
  type Summary,
  summarizeSeeds,
} from "./summary.ts";

/** `differs`: the interval excludes 0, but neither way of this metric is better. */
export type Verdict = "better" | "worse" | "differs" | "unclear";

export interface Comparison extends Summary {
  readonly verdict: Verdict;
}

/**
 * Arm minus baseline, seed by seed: `mean` is the mean difference, and the verdict is about `arm`. Both lists hold the
 * same seeds in the same order. Where both have the same items, the difference of each item under each seed is
 * resampled as one table, so both arms are drawn alike; where not, the values of the seeds are paired.
 */
export function comparePair(
  arm: readonly SeedMeasurement[],
  baseline: readonly SeedMeasurement[],
  { better, resampler }: { readonly better: MetricDeclaration["better"]; readonly resampler: Resampler },
): Comparison {
  if (arm.length !== baseline.length) throw new RangeError(`${arm.length} seeds against ${baseline.length}`);
  const summary = summarizeSeeds(subtract(arm, baseline), resampler);
  return { ...summary, verdict: judge(summary, better) };
}

function subtract(arm: readonly SeedMeasurement[], baseline: readonly SeedMeasurement[]): readonly SeedMeasurement[] {
  const [left, right] = [createTable(arm), createTable(baseline)];
  const isPaired = left !== null && right !== null && left[0]!.length === right[0]!.length;
  return arm.map((one, index) => {
    const other = baseline[index]!;
    const value = one.value - other.value;
    if (isPaired) {
      const row = right[index]!;
      return { value, itemCount: row.length, items: left[index]!.map((item, at) => item - row[at]!) };
    }
    // The errors over items add as if independent: for arms that read the same prompts that is the wider guess.
    const reach = normalReach * Math.hypot(computeErrorOverItems([one]), computeErrorOverItems([other]));
    const itemCount = one.itemCount === other.itemCount ? (one.itemCount ?? null) : null;
    // Where one of the two has no interval over items, neither has their difference.
    return Number.isNaN(reach) ? { value, itemCount } : { value, itemCount, low: value - reach, high: value + reach };
  });
}

function judge({ low, high }: Summary, better: MetricDeclaration["better"]): Verdict {
  if (low === null || high === null || !(low > 0 || high < 0)) return "unclear";
  if (better === "neither") return "differs";
  return low > 0 === (better === "higher") ? "better" : "worse";
}
