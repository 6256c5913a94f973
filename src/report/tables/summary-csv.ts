// summary.csv: the mean over seeds of each metric, arm and generation, with its interval and what that interval covers.

import type { Summary } from "../summary.ts";
import { renderCsvRow } from "./csv.ts";

/** Every generation, so that a curve can be drawn from it without the single seeds. */
export function renderSummaryCsv(summary: Summary): string {
  const rows = summary.cells.map((cell) =>
    renderCsvRow([
      cell.arm,
      cell.generation,
      cell.metric,
      cell.mean,
      cell.low,
      cell.high,
      cell.seeds.length,
      cell.itemCount,
      cell.basis,
    ]),
  );
  const head = ["arm", "generation", "metric", "mean", "low", "high", "seeds", "items", "interval"];
  return renderCsvRow(head) + rows.join("");
}
