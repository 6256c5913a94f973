// The arms of one or several runs side by side: mean and interval, the change since generation 0, and the paired
// difference of each two arms with its verdict. What `refeed compare` prints and `refeed run` ends with.

import type { MetricDeclaration } from "../domain/metric.ts";
import type { RunRecord } from "../domain/record.ts";
import { UsageError } from "../errors.ts";
import { createResampler, type Resampler } from "../evaluation/intervals/resampler.ts";
import { computeKey } from "../keys/digest.ts";
import { isOneTask, isUnprompted } from "./beginning.ts";
import { type Cell, type Comparison, compareCells, listCells } from "./cells.ts";
import { pickHeadlines } from "./summary.ts";

/** A record under the name it goes by in the comparison. */
export interface NamedRecord {
  readonly run: string;
  readonly record: RunRecord;
}

export interface ComparisonRequest {
  readonly records: readonly NamedRecord[];
  /** Names of metrics; null for the headlines of the first run, `all` for all. */
  readonly metrics: readonly string[] | "all" | null;
  /** Null for the last measured generation of each arm. */
  readonly generation: number | null;
  /** The arm all others are compared with, `run/arm` among several runs; null for every pair. */
  readonly against: string | null;
}

/** An arm's model in a table. */
export interface ArmRow {
  readonly run: string;
  /** `arm`, or `run/arm` among several runs. */
  readonly name: string;
  readonly isLine: boolean;
  readonly cell: Cell;
  /** From generation 0 of the same arm; null for generation 0 itself, and where that did another task. */
  readonly change: Comparison | null;
  readonly isApart: boolean;
  /** It wrote whole texts, where others answered. */
  readonly isUnprompted: boolean;
}

/** `arm` less `against`; the verdict is about `arm`. */
export interface PairRow {
  readonly arm: ArmRow;
  readonly against: ArmRow;
  readonly comparison: Comparison;
}

export interface MetricComparison {
  readonly metric: MetricDeclaration;
  readonly arms: readonly ArmRow[];
  /** Models of one task alone, and arms of two runs only where both were measured on the same texts. */
  readonly pairs: readonly PairRow[];
}

/** Throws UsageError for a metric, generation or arm that is not there. */
export function compareRecords(request: ComparisonRequest): readonly MetricComparison[] {
  const metrics = pickMetrics(request);
  const resampler = createResampler();
  const names = new Set(metrics.map((metric) => metric.name));
  const runs = request.records.map((one) => ({
    ...one,
    cells: listChosenCells(one.record, { names, generation: request.generation, resampler }),
  }));
  if (runs.every(({ cells }) => cells.length === 0)) throw createNothingMeasured(request);
  // Texts are read from the runs only if arms of two of them come to be paired.
  const canPair = createPairing(request.records);
  return metrics.map((metric) => {
    const arms = runs.flatMap(({ run, record, cells }) =>
      listArmRows(record, { cells, metric, resampler }).map((row) => ({
        ...row,
        run,
        name: nameArm(run, row.name, runs.length),
      })),
    );
    const pairs = listPairs(arms, request.against).flatMap(([arm, against]) => {
      if (!canPair(arm, against)) return [];
      const compared = compareCells(against.cell, arm.cell, { metric, resampler });
      return compared.map((comparison): PairRow => ({ arm, against, comparison }));
    });
    return { metric, arms, pairs };
  });
}

/** Metrics that the first run declares; a run that lacks one simply has no rows for it. */
function pickMetrics({ records, metrics }: ComparisonRequest): readonly MetricDeclaration[] {
  const declared = records.flatMap(({ record }) => record.metrics);
  const known = [...new Map(declared.map((metric) => [metric.name, metric])).values()];
  if (metrics === "all") return known;
  const names = metrics ?? pickHeadlines(records[0]?.record.metrics ?? []);
  return names.map((name) => {
    const metric = known.find((one) => one.name === name);
    if (metric) return metric;
    throw new UsageError(`no metric ${name}`, { next: `choose among ${known.map((one) => one.name).join(", ")}` });
  });
}

/** Which cells a comparison needs. */
interface CellRequest {
  readonly names: ReadonlySet<string>;
  readonly generation: number | null;
  readonly resampler: Resampler;
}

/** The chosen metrics at generation 0 and at the compared one: no interval is computed that nobody asked for. */
function listChosenCells(record: RunRecord, { names, generation, resampler }: CellRequest): Cell[] {
  const lastByArm = new Map<string, number>();
  for (const one of record.measurements()) {
    if (names.has(one.metric)) lastByArm.set(one.arm, Math.max(one.generation, lastByArm.get(one.arm) ?? 0));
  }
  // A reference line is trained once and stands beside every generation.
  const lines = new Set(record.arms.filter((arm) => arm.isLine).map((arm) => arm.id));
  const isWanted = (arm: string, at: number): boolean =>
    at === 0 || at === (generation === null || lines.has(arm) ? lastByArm.get(arm) : generation);
  const only = (one: { readonly metric: string; readonly arm: string; readonly generation: number }): boolean =>
    names.has(one.metric) && isWanted(one.arm, one.generation);
  const cells = [...listCells(record, { resampler, keepItems: () => true, only })];
  if (generation === null) return cells;
  return cells.some((cell) => cell.generation === generation && !lines.has(cell.arm)) ? cells : [];
}

/** An arm's compared cell with its change since generation 0; arms that were not measured have no row. */
function listArmRows(
  record: RunRecord,
  request: { readonly cells: readonly Cell[]; readonly metric: MetricDeclaration; readonly resampler: Resampler },
): Omit<ArmRow, "run">[] {
  const ofMetric = request.cells.filter((cell) => cell.metric === request.metric.name);
  return record.arms.flatMap((arm) => {
    const chain = ofMetric.filter((cell) => cell.arm === arm.id);
    const cell = chain.at(-1);
    const first = chain[0];
    if (!cell || !first) return [];
    const isApart = !isOneTask(record, first, cell);
    const [change = null] = cell === first || isApart ? [] : compareCells(first, cell, request);
    return [{ name: arm.id, isLine: arm.isLine, cell, change, isApart, isUnprompted: isUnprompted(record, cell) }];
  });
}

/** Two runs may both have an arm `replace`. */
function nameArm(run: string, arm: string, runCount: number): string {
  return runCount > 1 ? `${run}/${arm}` : arm;
}

/** Every two arms, the later of the plan against the earlier; or all against one. Lines only against a line that is named. */
function listPairs(arms: readonly ArmRow[], against: string | null): (readonly [ArmRow, ArmRow])[] {
  if (against !== null) {
    const baseline = arms.find((arm) => arm.name === against);
    if (!baseline)
      throw new UsageError(`no arm ${against}`, { next: `choose among ${arms.map((arm) => arm.name).join(", ")}` });
    return arms
      .filter((arm) => arm !== baseline && (baseline.isLine || !arm.isLine) && isOneGeneration(arm, baseline))
      .map((arm) => [arm, baseline] as const);
  }
  const drawn = arms.filter((arm) => !arm.isLine);
  return drawn.flatMap((baseline, index) =>
    drawn
      .slice(index + 1)
      .filter((arm) => isOneGeneration(arm, baseline))
      .map((arm) => [arm, baseline] as const),
  );
}

/** Models of different generations have seen different numbers of turns; a reference line has none and fits any. */
function isOneGeneration(a: ArmRow, b: ArmRow): boolean {
  return a.isLine || b.isLine || a.cell.generation === b.cell.generation;
}

/** Arms of two runs are paired item by item only where both were measured on the same texts. */
function createPairing(records: readonly NamedRecord[]): (a: ArmRow, b: ArmRow) => boolean {
  const textsByRun = new Map<string, string>();
  const readTexts = (run: string): string => {
    const texts = textsByRun.get(run) ?? listTexts(records.find((one) => one.run === run)!.record).join();
    textsByRun.set(run, texts);
    return texts;
  };
  return (a, b) => {
    if (a.isUnprompted !== b.isUnprompted) return false;
    if (a.run === b.run || (a.cell.itemCount === null && b.cell.itemCount === null)) return true;
    const texts = readTexts(a.run);
    return a.cell.itemCount === b.cell.itemCount && texts !== "" && texts === readTexts(b.run);
  };
}

/** Digests of texts evenly spread over the test split, as the record picks them. */
function listTexts(record: RunRecord): string[] {
  const examples = record.examples(20);
  const first = examples.filter((example) => example.generation === examples[0]!.generation);
  return first.map(({ id, article, reference }) => computeKey([id, article, reference]));
}

/** Tells a run that has not come far enough from one that never will. */
function createNothingMeasured({ records, generation }: ComparisonRequest): UsageError {
  const where = records.map(({ run }) => run).join(", ");
  if (generation === null)
    return new UsageError("nothing has been measured yet", { where, next: "go on with refeed resume" });
  return new UsageError(`nothing has been measured at generation ${generation}`, {
    where,
    next: "choose an earlier generation",
  });
}
