// The arms side by side: the last model of each, with its interval, against a stated reference arm; then every other
// metric in one table.

import type { RunRecord } from "../../domain/record.ts";
import type { Cell } from "../cells.ts";
import type { Marker } from "../charts/marker.ts";
import { createMetricLabel, type MetricLabel } from "../metric-labels.ts";
import { computeDecimals, renderSigned } from "../numbers.ts";
import type { Summary } from "../summary.ts";
import { type Html, type HtmlValue, html } from "./html.ts";
import { renderArmName, renderMean, renderRange, renderTable, renderVerdict, text, typeset } from "./parts.ts";
import { listHeadlines } from "./story.ts";

/** What this section, alone among the page's, needs all of. */
export interface ArmsRequest {
  readonly record: RunRecord;
  readonly summary: Summary;
  readonly markers: ReadonlyMap<string, Marker>;
}

/** Names the reference arm before the first difference is shown. */
export function renderArms(request: ArmsRequest): Html {
  const { record, summary } = request;
  const headlines = listHeadlines(record, summary);
  const others = record.metrics
    .filter((metric) => !summary.headlines.includes(metric.name))
    .map((metric) => createMetricLabel(metric))
    .filter((label) => summary.cells.some((cell) => cell.metric === label.name));
  const hasItems = summary.differences.some((difference) => difference.to.itemCount !== null);
  return html`<h2>Arms compared</h2>
${summary.reference === null ? null : html`<p class="note">The last model of each arm. Differences are paired${hasItems ? ", by test item and seed," : " by seed,"} against the arm ${text(summary.reference)}; models of different generations are not compared.</p>`}
${headlines.map((label) => html`<h3>${label.title}</h3>${renderMetricTable(label, request)}`)}
${others.length === 0 ? null : html`<details><summary>All other metrics of the last models</summary>${renderOthers(others, request)}</details>`}`;
}

/** An arm a row; the reference arm and the lines have no difference. */
function renderMetricTable(label: MetricLabel, request: ArmsRequest): Html {
  const { record, summary, markers } = request;
  const rows = listLast(label.name, request).map((cell): HtmlValue[] => {
    const difference = summary.differences.find((one) => one.metric === label.name && one.to.arm === cell.arm);
    const isLine = record.arms.some((arm) => arm.id === cell.arm && arm.isLine);
    const versus: HtmlValue[] = difference
      ? [
          html`<span class="number">${typeset(renderSigned(difference.difference, computeDecimals(difference.low, difference.high)))}</span>`,
          renderRange(difference.low, difference.high, true),
          renderVerdict(difference),
        ]
      : [html`<span class="note">${cell.arm === summary.reference ? "the reference" : ""}</span>`, "", ""];
    return [
      html`${renderArmName(cell.arm, markers.get(cell.arm))}${isLine ? html` <span class="note">(reference line)</span>` : null}`,
      cell.generation,
      renderMean(cell),
      renderRange(cell.low, cell.high),
      cell.seeds.length,
      ...versus,
    ];
  });
  const head = [
    "arm",
    "generation",
    "mean",
    "95\u202f% interval",
    "seeds",
    "difference",
    "95\u202f% interval",
    "verdict",
  ];
  return renderTable(head, rows);
}

/** An arm a row, a metric a column: means alone, since the intervals stand in summary.csv. */
function renderOthers(labels: readonly MetricLabel[], request: ArmsRequest): Html {
  const columns = labels.map((label) => listLast(label.name, request));
  const rows = request.record.arms.map((arm): HtmlValue[] => [
    renderArmName(arm.id, request.markers.get(arm.id)),
    ...columns.map((cells) => {
      const cell = cells.find((one) => one.arm === arm.id);
      return cell ? renderMean(cell) : "";
    }),
  ]);
  const head = labels.map((label) => html`${label.title}${label.unit ? html`<br>${label.unit}` : null}`);
  return renderTable(["arm", ...head], rows);
}

/** The last measured cell of each arm. */
function listLast(metric: string, { record, summary }: ArmsRequest): Cell[] {
  return record.arms.flatMap((arm) => {
    const cell = summary.cells.filter((one) => one.metric === metric && one.arm === arm.id).at(-1);
    return cell ? [cell] : [];
  });
}
