// The report as one HTML file that stands alone: no script, nothing loaded from anywhere, every text escaped.

import type { ExampleRecord, RunRecord } from "../../domain/record.ts";
import type { Drawing } from "../charts/draw.ts";
import type { Marker } from "../charts/marker.ts";
import type { Summary } from "../summary.ts";
import { renderArms } from "./arms-section.ts";
import { createDocument } from "./document.ts";
import { renderExamples } from "./examples-section.ts";
import { createTrustedHtml, type Html, html, renderHtml } from "./html.ts";
import { renderLineage } from "./lineage-section.ts";
import { renderLint } from "./lint-section.ts";
import { text } from "./parts.ts";
import { renderIntroduction, renderStory } from "./story.ts";

export interface PageRequest {
  readonly record: RunRecord;
  readonly summary: Summary;
  readonly examples: readonly ExampleRecord[];
  readonly markers: ReadonlyMap<string, Marker>;
  /** Shown at once. */
  readonly figures: readonly Drawing[];
  /** Folded. */
  readonly moreFigures: readonly Drawing[];
  /** Names of the other files of the report's folder. */
  readonly files: readonly string[];
}

/** From what everybody wants to know to what only a few look up. */
export function renderPage(request: PageRequest): string {
  const { record, summary, markers } = request;
  const lint = renderLint(record, markers);
  const examples = renderExamples(record, request.examples, markers);
  const body = html`<main>
<header>
<h1>${text(record.name)}</h1>
${renderIntroduction(record)}
</header>
<section><h2>In short</h2>
${renderStory(record, summary, markers)}
</section>
${renderFigures(request)}
<section>${renderArms({ record, summary, markers })}
</section>
${renderLineage(record, markers)}
${lint === null ? null : html`<section>${lint}</section>`}
${examples === null ? null : html`<section>${examples}</section>`}
<section><h2>Facts</h2>
${renderFacts(record)}
<h3>Files beside this page</h3>
<p class="note">${request.files.map((file, index) => html`${index > 0 ? " \u00b7 " : ""}<a href="${encodeURIComponent(file)}">${file}</a>`)}</p>
<details><summary>The experiment as it was given</summary><pre>${text(record.source)}</pre></details>
</section>
</main>`;
  return renderHtml(createDocument(record.name, body));
}

/** Drawings were made by charts/draw.ts, which escapes what it draws. */
function renderFigures({ figures, moreFigures }: PageRequest): Html | null {
  if (figures.length + moreFigures.length === 0) return null;
  const render = (drawing: Drawing): Html => html`<div class="figure">${createTrustedHtml(drawing.inline)}</div>`;
  const more =
    moreFigures.length === 0
      ? null
      : html`<details><summary>${moreFigures.length} more figure${moreFigures.length === 1 ? "" : "s"}</summary>${moreFigures.map(render)}</details>`;
  return html`<section><h2>Figures</h2>${figures.map(render)}${more}</section>`;
}

/** What one needs to judge or repeat the run; names and values are the experiment's own. */
function renderFacts(record: RunRecord): Html {
  const facts = [
    { name: "system", value: record.system },
    { name: "seeds", value: renderSeeds(record.seeds) },
    ...record.facts,
  ];
  return html`<dl>${facts.map(({ name, value }) => html`<dt>${text(name)}</dt><dd>${text(value)}</dd>`)}</dl>`;
}

/** `0, 1, 2`, or `0 to 99 (100 seeds)` where they are many and consecutive. */
function renderSeeds(seeds: readonly number[]): string {
  const consecutive = seeds.every((seed, index) => seed === seeds[0]! + index);
  return seeds.length > 6 && consecutive ? `${seeds[0]} to ${seeds.at(-1)} (${seeds.length} seeds)` : seeds.join(", ");
}
