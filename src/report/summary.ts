// What a report says of a run in numbers: each arm's mean over seeds by metric and generation, how its last model
// compares with its first, and how the arms compare with one of them.

import type { MetricDeclaration } from "../domain/metric.ts";
import type { RunRecord } from "../domain/record.ts";
import { createResampler } from "../evaluation/intervals/resampler.ts";
import { isOneTask } from "./beginning.ts";
import { type Cell, type Comparison, compareCells, listCells } from "./cells.ts";

export type { Cell, Comparison };

export interface Summary {
  /** In the order of the plan. */
  readonly cells: readonly Cell[];
  /** The metrics a report leads with. */
  readonly headlines: readonly string[];
  /** The arm the others are compared with; null where there is only one. */
  readonly reference: string | null;
  /** Of each arm, from generation 0 to its last where both did the same task, for the headlines. */
  readonly changes: readonly Comparison[];
  /** Of each arm's last model, from the reference arm's last one where that is of the same generation; for the headlines. */
  readonly differences: readonly Comparison[];
}

const favourites = ["rouge1", "loss", "traceRatio", "meanError"];

export function computeSummary(record: RunRecord): Summary {
  const headlines = pickHeadlines(record.metrics);
  const resampler = createResampler();
  const keepItems = (metric: string): boolean => headlines.includes(metric);
  const cells = [...listCells(record, { resampler, keepItems })];
  const arms = record.arms.filter((arm) => !arm.isLine).map((arm) => arm.id);
  const reference = arms.length > 1 ? arms[0]! : null;
  const changes: Comparison[] = [];
  const differences: Comparison[] = [];
  for (const metric of record.metrics.filter(({ name }) => headlines.includes(name))) {
    const ofMetric = cells.filter((cell) => cell.metric === metric.name);
    const chains = new Map(arms.map((arm) => [arm, ofMetric.filter((cell) => cell.arm === arm)]));
    for (const [arm, chain] of chains) {
      const [first, last] = [chain[0], chain.at(-1)];
      if (first?.generation === 0 && last && last.generation > 0 && isOneTask(record, first, last)) {
        changes.push(...compareCells(first, last, { metric, resampler }));
      }
      if (reference === null || arm === reference) continue;
      // A difference stands beside a last model: one of another generation would be read as that model's.
      const [from, to] = [chains.get(reference)!.at(-1), chain.at(-1)];
      if (from && to && from.generation === to.generation && isOneTask(record, from, to)) {
        differences.push(...compareCells(from, to, { metric, resampler }));
      }
    }
  }
  return { cells, headlines, reference, changes, differences };
}

/** At most two: the known ones first, then what has a better direction, then whatever there is. */
export function pickHeadlines(metrics: readonly MetricDeclaration[]): string[] {
  const names = [
    ...favourites.filter((name) => metrics.some((metric) => metric.name === name)),
    ...metrics.filter((metric) => metric.better !== "neither").map((metric) => metric.name),
    ...metrics.map((metric) => metric.name),
  ];
  return [...new Set(names)].slice(0, 2);
}
