// What each model was trained on, by number of synthetic ancestors: an arm a row, a generation a column, a bar a corpus.

import type { LineageRecord, RunRecord } from "../../domain/record.ts";
import type { Marker } from "../charts/marker.ts";
import { palette } from "../charts/palette.ts";
import { renderNumber } from "../numbers.ts";
import { pickColumns } from "./examples-section.ts";
import { createTrustedHtml, type Html, type HtmlValue, html } from "./html.ts";
import { renderArmName, renderTable, typeset } from "./parts.ts";

/** More numbers than these are named by the first and the last of them alone. */
const namedDepths = 8;

/** Null for systems that keep no rows. */
export function renderLineage(record: RunRecord, markers: ReadonlyMap<string, Marker>): Html | null {
  const lineage = [...record.lineage()];
  if (lineage.length === 0) return null;
  const deepest = lineage.reduce((most, { depth }) => Math.max(most, depth), 0);
  const generations = [...new Set(lineage.map(({ generation }) => generation))].sort((a, b) => a - b);
  const shown = pickColumns(generations);
  const rows = record.arms.flatMap((arm): HtmlValue[][] => {
    const ofArm = lineage.filter((one) => one.arm === arm.id);
    if (ofArm.length === 0) return [];
    const cells = shown.map((generation) => renderCorpus(averageShares(ofArm, generation), deepest));
    return [[renderArmName(arm.id, markers.get(arm.id)), ...cells]];
  });
  const seeds = record.seeds.length > 1 ? ", mean over seeds" : "";
  const left =
    shown.length < generations.length ? ` Generations ${shown.join(", ")} of ${generations.length} are shown.` : "";
  return html`<section><h2>Where the training data came from</h2>
<p class="note">What the model of each generation is trained on, by number of synthetic ancestors${seeds}: how many models wrote, one after the other, on the longest way from real data to a row. A real row has none.${left}</p>
<p class="note">${renderLegend(deepest)}</p>
${renderTable(["arm", ...shown.map((generation) => `generation ${generation}`)], rows)}
</section>`;
}

/** The share of each number of ancestors, over the seeds whose corpus is there. */
function averageShares(lineage: readonly LineageRecord[], generation: number): ReadonlyMap<number, number> {
  const here = lineage.filter((one) => one.generation === generation);
  const seedCount = new Set(here.map(({ seed }) => seed)).size;
  const shares = new Map<number, number>();
  for (const { depth, share } of here) shares.set(depth, (shares.get(depth) ?? 0) + share / seedCount);
  return new Map([...shares].sort(([a], [b]) => a - b));
}

/** A bar of its parts from real to most synthetic, named for those who cannot see it, with the share of real rows. */
function renderCorpus(shares: ReadonlyMap<number, number>, deepest: number): HtmlValue {
  if (shares.size === 0) return "";
  const names = [...shares].map(([depth, share]) => `${renderShare(share)} ${renderDepth(depth)}`);
  let end = 0;
  const parts = [...shares].map(([depth, share]) => {
    const start = end;
    end += 100 * share;
    return html`<path ${renderFill(depth, deepest)} d="M${round(start)} 0H${round(end)}V10H${round(start)}Z"/>`;
  });
  const label = names.join(", ");
  return html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="${label}"><title>${label}</title>${parts}</svg><span class="range">${typeset(renderShare(shares.get(0) ?? 0))} real</span>`;
}

function renderLegend(deepest: number): HtmlValue {
  const depths = Array.from({ length: deepest + 1 }, (_, depth) => depth);
  const named = depths.length <= namedDepths ? depths : [0, 1, deepest];
  return named.map((depth, index) => {
    const gap = index > 1 && named.length < depths.length ? "to " : "";
    return html`${gap}<svg class="key" width="12" height="12" viewBox="0 0 12 12" aria-hidden="true"><path ${renderFill(depth, deepest)} d="M0 0H12V12H0Z"/></svg>${depth === 0 ? "real" : String(depth)}${index < named.length - 1 ? " \u2003" : ""}`;
  });
}

/** One colour for real rows, one for written ones that grows stronger with every model; the style sheet knows both. */
function renderFill(depth: number, deepest: number): Html {
  if (depth === 0) return createTrustedHtml(`fill="${palette.series[2]}"`);
  return createTrustedHtml(`fill="${palette.series[0]}" fill-opacity="${round(0.25 + (0.75 * depth) / deepest)}"`);
}

function renderDepth(depth: number): string {
  if (depth === 0) return "real";
  return depth === 1 ? "with 1 synthetic ancestor" : `with ${depth} synthetic ancestors`;
}

/** Whole percents, but never 0 % of what is there nor 100 % of what is not all. */
function renderShare(share: number): string {
  const percent = 100 * share;
  const whole = Math.round(percent);
  const isBlurred = (whole === 0 && share > 0) || (whole === 100 && share < 1 - 1e-12);
  return `${isBlurred ? renderNumber(percent, 2) : whole} %`;
}

function round(value: number): number {
  return Number(value.toFixed(3));
}
