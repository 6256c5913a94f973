// Comparisons as programs and terminals read them. The JSON is a stable output, documented in docs/report.md.

import type { Json } from "../keys/canonical.ts";
import type { Cell, Comparison } from "./cells.ts";
import type { ArmRow, MetricComparison, PairRow } from "./comparison.ts";
import { createMetricLabel } from "./metric-labels.ts";
import { computeDecimals, renderInterval, renderNumber, renderPercent, renderSigned } from "./numbers.ts";
import { renderTextTable } from "./tables/text-table.ts";

/** More pairs than this are not printed: the reader is told how to ask for some, and programs get them all. */
const printedPairs = 28;

/** JSON cannot carry infinities as numbers: they are the strings `inf` and `-inf`. */
export function renderJson(comparisons: readonly MetricComparison[]): Json {
  return comparisons.map(({ metric, arms, pairs }) => ({
    metric: metric.name,
    better: metric.better,
    arms: arms.map(({ run, name, isLine, cell, change }) => ({
      run,
      arm: name,
      line: isLine,
      ...renderCell(cell),
      change: change && renderDifference(change),
    })),
    pairs: pairs.map(({ arm, against, comparison }) => ({
      arm: arm.name,
      against: against.name,
      generation: arm.cell.generation,
      ...renderDifference(comparison),
    })),
  }));
}

/** Tables for a terminal, one a metric, with its pairs below unless all are against one arm: then they stand beside. */
export function renderResults(comparisons: readonly MetricComparison[]): string {
  return comparisons
    .filter(({ arms }) => arms.length > 0)
    .map(renderMetric)
    .join("\n");
}

/** A stable output: a name that goes, or changes its meaning, breaks whoever reads it. */
function renderCell({ generation, mean, low, high, seeds, itemCount, basis }: Cell): Record<string, Json> {
  return {
    generation,
    mean: carry(mean),
    low: carry(low),
    high: carry(high),
    seeds: seeds.length,
    items: itemCount,
    interval: basis,
  };
}

function renderDifference({ difference, low, high, seedCount, basis, verdict }: Comparison): Record<string, Json> {
  return {
    difference: carry(difference),
    low: carry(low),
    high: carry(high),
    seeds: seedCount,
    interval: basis,
    verdict,
  };
}

/** A number as JSON can carry it. */
function carry(value: number | null): Json {
  if (value === null || Number.isNaN(value)) return null;
  return Number.isFinite(value) ? value : value > 0 ? "inf" : "-inf";
}

/** A title line, the arms, and the pairs beside or below. */
function renderMetric(comparison: MetricComparison): string {
  const { metric, arms, pairs } = comparison;
  const label = createMetricLabel(metric);
  const facts = [label.unit, label.direction].filter((part) => part !== null).join("; ");
  const baseline = findBaseline(comparison);
  const head = ["arm", "generation", "mean", "95 % interval", "seeds", "since generation 0", "verdict"];
  if (baseline) head.push(`against ${baseline.name}`, "95 % interval", "verdict");
  const rows = arms.map((row) => [...renderRow(row), ...(baseline ? renderVersus(pairs, row) : [])]);
  const kinds = [...new Set(arms.map(({ cell }) => cell.basis))].filter((basis) => basis !== "none");
  const note = kinds.length > 0 ? `intervals over ${kinds.join(", ")}` : "no intervals";
  const title = `${label.title}${facts ? ` (${facts})` : ""}; ${note}\n`;
  return `${title}${renderTextTable(head, rows)}${baseline ? "" : renderPairs(pairs)}`;
}

/** The arm that every pair is against, if there is one. */
function findBaseline({ arms, pairs }: MetricComparison): ArmRow | null {
  const baseline = pairs[0]?.against;
  // With two arms there is one pair, and it stands beside as well.
  const isOne = pairs.length > 1 || arms.filter((arm) => !arm.isLine).length <= 2;
  return baseline && isOne && pairs.every(({ against }) => against === baseline) ? baseline : null;
}

/** Empty cells where there is nothing to compare with: generation 0 and reference lines. */
function renderRow({ name, cell, change, isApart }: ArmRow): string[] {
  const decimals = computeDecimals(cell.low, cell.high);
  return [
    name,
    String(cell.generation),
    renderNumber(cell.mean, decimals),
    renderInterval(cell.low, cell.high),
    String(cell.seeds.length),
    change ? renderChange(change) : isApart ? "(that did another task)" : "",
    change?.verdict ?? "",
  ];
}

function renderChange({ fromMean, toMean, difference, low, high }: Comparison): string {
  const percent = renderPercent(fromMean, toMean);
  return `${renderSigned(difference, computeDecimals(low, high))}${percent === null ? "" : ` (${percent})`}`;
}

/** The cells beside an arm; the baseline itself has none. */
function renderVersus(pairs: readonly PairRow[], row: ArmRow): string[] {
  const pair = pairs.find(({ arm }) => arm === row);
  return pair ? renderPair(pair).slice(1) : [];
}

/** Every pair on a line of its own, unless they are too many to read. */
function renderPairs(pairs: readonly PairRow[]): string {
  if (pairs.length === 0) return "";
  if (pairs.length > printedPairs) return `${pairs.length} pairs: choose one arm with --against, or all with --json\n`;
  return `\n${renderTextTable(["pair", "difference", "95 % interval", "verdict"], pairs.map(renderPair))}`;
}

function renderPair({ arm, against, comparison: { difference, low, high, verdict } }: PairRow): string[] {
  return [
    `${arm.name} against ${against.name}`,
    renderSigned(difference, computeDecimals(low, high)),
    renderInterval(low, high, true),
    verdict,
  ];
}
