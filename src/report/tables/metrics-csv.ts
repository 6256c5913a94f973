// metrics.csv: every measurement, one row each, in plan order. arms.csv: what tells the arms apart.
// Stable outputs: their columns are documented in docs/report.md, and the same run gives the same bytes.

import type { RunRecord } from "../../domain/record.ts";
import { type Json, renderCanonical } from "../../keys/canonical.ts";
import { type Cell, renderCsvRow } from "./csv.ts";

/** Long format: a new metric is new rows, never a new column. */
export function renderMetricsCsv(record: RunRecord): string {
  const rows = [renderCsvRow(["arm", "seed", "generation", "metric", "value", "low", "high", "items"])];
  for (const { arm, seed, generation, metric, value, low, high, itemCount } of record.measurements()) {
    rows.push(renderCsvRow([arm, seed, generation, metric, value, low, high, itemCount]));
  }
  return rows.join("");
}

/** A field that an arm lacks, or that is null, is an empty cell; a list or a record is its canonical JSON. */
export function renderArmsCsv(record: RunRecord): string {
  const paths = [...new Set(record.arms.flatMap((arm) => Object.keys(arm.fields)))];
  const rows = record.arms.map((arm) => renderCsvRow([arm.id, ...paths.map((path) => renderField(arm.fields[path]))]));
  return renderCsvRow(["arm", ...paths]) + rows.join("");
}

function renderField(value: Json | undefined): Cell {
  if (value === undefined || value === null) return null;
  return typeof value === "object" ? renderCanonical(value) : value;
}
