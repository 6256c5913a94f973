// Writes the report of a run: tables for programs, figures, and one page for people.
// It does not know where a run is stored, nor how a file is made durable.

import type { RunRecord } from "../domain/record.ts";
import { computeBeginning, listApart } from "./beginning.ts";
import { drawCharts } from "./charts/draw.ts";
import type { Chart } from "./charts/frame.ts";
import { createGenerationChart } from "./charts/generation-chart.ts";
import { createMarkers, type Marker } from "./charts/marker.ts";
import { createRowsChart } from "./charts/rows-chart.ts";
import { createMetricLabel } from "./metric-labels.ts";
import { renderPage } from "./page/page.ts";
import { computeSummary, type Summary } from "./summary.ts";
import { renderCsvFiles } from "./tables/csv-files.ts";

/** Writes a whole file or none, durably; the name is relative to the report's folder. */
export type WriteFile = (name: string, text: string) => Promise<void>;

/** Removes the files of the report's folder that are stale: figures of an earlier report that this one lacks. */
export type RemoveStale = (isStale: (name: string) => boolean) => Promise<void>;

export interface Report {
  /** Names within the report's folder; the page is the last. */
  readonly files: readonly string[];
  readonly summary: Summary;
}

const exampleCount = 10;

/** As charts/ and createDistinctNames call figures: what is called otherwise is somebody's own. */
const figureName = /^[A-Za-z0-9_-]{1,60}-by-(generation|rows)(-\d+)?\.(svg|vl\.json)$/;

/** What a model was trained on follows from the plan: a number in a table, not a figure. */
const trainingFacts = new Set(["rows", "steps", "tokens"]);

/** The page is written last, so that what it points to is there when it is; what it no longer points to goes after it. */
export async function writeReport(
  record: RunRecord,
  writeFile: WriteFile,
  removeStale: RemoveStale = async () => {},
): Promise<Report> {
  const summary = computeSummary(record);
  const markers = createMarkers(record.arms);
  const { first, more } = createCharts(record, summary, markers);
  const drawings = await drawCharts(createDistinctNames([...first, ...more]));
  const [figures, moreFigures] = [drawings.slice(0, first.length), drawings.slice(first.length)];
  // Tables first: they are what programs wait for, and cost nothing.
  const texts = renderCsvFiles(record, summary);
  for (const { chart, file, source } of drawings) {
    texts.set(`${chart.name}.svg`, file);
    texts.set(`${chart.name}.vl.json`, source);
  }
  const examples = record.examples(exampleCount);
  const files = [...texts.keys()];
  const page = renderPage({ record, summary, examples, markers, figures, moreFigures, files });
  texts.set("index.html", page);
  for (const [name, text] of texts) await writeFile(name, text);
  await removeStale((name) => figureName.test(name) && !texts.has(name));
  return { files: [...texts.keys()], summary };
}

/** The headlines by generation and by rows come first; then what else was measured of the models. */
function createCharts(
  record: RunRecord,
  summary: Summary,
  markers: ReadonlyMap<string, Marker>,
): { readonly first: readonly Chart[]; readonly more: readonly Chart[] } {
  const first: Chart[] = [];
  const more: Chart[] = [];
  const rows = summary.cells.filter((cell) => cell.metric === "rows");
  const [beginning, apart] = [computeBeginning(record), new Set(listApart(record))];
  for (const metric of record.metrics) {
    const cells = summary.cells.filter((cell) => cell.metric === metric.name);
    if (cells.length === 0 || trainingFacts.has(metric.name)) continue;
    const request = { label: createMetricLabel(metric), arms: record.arms, cells, markers, beginning, apart };
    const isHeadline = summary.headlines.includes(metric.name);
    (isHeadline ? first : more).push(createGenerationChart(request));
    const byRows = isHeadline && metric.basis === "answers" ? createRowsChart({ ...request, rows }) : null;
    if (byRows) first.push(byRows);
  }
  return { first, more };
}

/** Two metrics whose names differ only in what a file name cannot carry get numbers. */
function createDistinctNames(charts: readonly Chart[]): Chart[] {
  const seen = new Map<string, number>();
  return charts.map((chart) => {
    const key = chart.name.toLowerCase();
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return count === 1 ? chart : { ...chart, name: `${chart.name}-${count}` };
  });
}
