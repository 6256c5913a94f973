// Every table of a report for programs, by the name of its file.

import type { RunRecord } from "../../domain/record.ts";
import type { Summary } from "../summary.ts";
import { renderLineageCsv } from "./lineage-csv.ts";
import { renderLintCsv } from "./lint-csv.ts";
import { renderArmsCsv, renderMetricsCsv } from "./metrics-csv.ts";
import { renderSummaryCsv } from "./summary-csv.ts";

export function renderCsvFiles(record: RunRecord, summary: Summary): Map<string, string> {
  const texts = new Map([
    ["metrics.csv", renderMetricsCsv(record)],
    ["arms.csv", renderArmsCsv(record)],
    ["summary.csv", renderSummaryCsv(summary)],
  ]);
  // Of systems that keep rows and texts.
  if (record.system === "language") {
    texts.set("lineage.csv", renderLineageCsv(record.lineage()));
    texts.set("lint.csv", renderLintCsv(record));
  }
  return texts;
}
