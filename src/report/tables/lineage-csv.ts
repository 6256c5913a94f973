// lineage.csv: each corpus by number of synthetic ancestors, a row for each number that occurs.
// Stable output: its columns are documented in docs/report.md, and the same run gives the same bytes.

import type { LineageRecord } from "../../domain/record.ts";
import { renderCsvRow } from "./csv.ts";

/** The head alone before any corpus is assembled. */
export function renderLineageCsv(lineage: Iterable<LineageRecord>): string {
  const rows = Array.from(lineage, ({ arm, seed, generation, depth, rows: count, share }) =>
    renderCsvRow([arm, seed, generation, depth, count, share]),
  );
  return renderCsvRow(["arm", "seed", "generation", "depth", "rows", "share"]) + rows.join("");
}
