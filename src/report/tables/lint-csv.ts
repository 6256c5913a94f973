// lint.csv: every check of lint of every turn, one row each, in plan order. A stable output, documented in docs/outputs.md.

import type { RunRecord } from "../../domain/record.ts";
import { computeChecks } from "../../evaluation/lint/checks.ts";
import { renderCsvRow } from "./csv.ts";

/** Long format: a new check is new rows, never a new column. */
export function renderLintCsv(record: RunRecord): string {
  const rows = [renderCsvRow(["arm", "seed", "generation", "check", "value", "count", "of", "min", "max", "broken"])];
  for (const turn of record.lintTurns()) {
    for (const { name, value, count, of, limit, isBroken } of computeChecks(turn, record.lint)) {
      const { arm, seed, generation } = turn;
      const bounds = [limit?.min ?? null, limit?.max ?? null];
      rows.push(renderCsvRow([arm, seed, generation, name, value, count, of, ...bounds, isBroken]));
    }
  }
  return rows.join("");
}
