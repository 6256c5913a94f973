// What lint found, arm by generation: what is beyond its limit at once, every share folded below, and what the trainer
// could not fit. Shares are of all seeds together.

import type { RunRecord } from "../../domain/record.ts";
import { type Check, computeChecks, renderShare } from "../../evaluation/lint/checks.ts";
import type { Marker } from "../charts/marker.ts";
import { renderNumber } from "../numbers.ts";
import { type Html, type HtmlValue, html } from "./html.ts";
import { renderArmName, renderTable, typeset } from "./parts.ts";

/** One check of one arm and generation, over the seeds. */
interface Pooled {
  readonly count: number;
  readonly of: number;
  /** The value furthest beyond the limit among the seeds, and how many are beyond. */
  readonly worst: Check;
  readonly brokenCount: number;
  readonly seedCount: number;
}

type PooledByCheck = ReadonlyMap<string, Pooled>;

/** By arm, then by generation. */
type PooledByTurn = ReadonlyMap<string, ReadonlyMap<number, PooledByCheck>>;

/** Columns beyond these would be too narrow to read. */
const columnCount = 7;

/** Null where no stage has anything that lint looks at. */
export function renderLint(record: RunRecord, markers: ReadonlyMap<string, Marker>): Html | null {
  const pooled = poolChecks(record);
  if (pooled.size === 0) return null;
  const all = [...pooled.values()].flatMap((ofArm) => [...ofArm.keys()]);
  const generations = [...new Set(all)].sort((one, other) => one - other);
  const shown = pickColumns(generations);
  const renderCells = (render: (checks: PooledByCheck | undefined) => HtmlValue): Html =>
    renderTable(
      ["arm", ...shown.map((generation) => `generation ${generation}`)],
      [...pooled].map(([arm, ofArm]) => [
        renderArmName(arm, markers.get(arm)),
        ...shown.map((generation) => render(ofArm.get(generation))),
      ]),
    );
  const isCounted = [...pooled.values()].some((ofArm) =>
    [...ofArm.values()].some((checks) => [...checks.keys()].some((name) => name.startsWith(training))),
  );
  const left = shown.length < generations.length ? ` Generations ${shown.join(", ")} are shown; the file has all.` : "";
  return html`<h2>What sampling and training lost</h2>
<p class="note">Checks of each generation's candidates that are beyond their limit, with the worst seed's share.${left} The limits are those under lint of the experiment; all of it stands in lint.csv.</p>
${renderCells(renderBroken)}
${isCounted ? renderUnfitTable(renderCells) : null}
<details><summary>Every check</summary>${renderAll(pooled, markers)}</details>`;
}

/** Only where a trainer counts it. */
function renderUnfitTable(renderCells: (render: typeof renderUnfit) => Html): Html {
  return html`<h3>What of the corpus did not fit the model</h3>
<p class="note">As the trainer counts it, over all seeds, of the rows that it read.</p>
${renderCells(renderUnfit)}`;
}

/** First, last and what fits between them. */
function pickColumns(generations: readonly number[]): readonly number[] {
  if (generations.length <= columnCount) return generations;
  const step = (generations.length - 1) / (columnCount - 1);
  return Array.from({ length: columnCount }, (_, index) => generations[Math.round(index * step)]!);
}

/** By arm and generation, in plan order; within, by check. */
function poolChecks(record: RunRecord): PooledByTurn {
  const pooled = new Map<string, Map<number, Map<string, Pooled>>>();
  for (const turn of record.lintTurns()) {
    const checks = computeChecks(turn, record.lint);
    if (checks.length === 0) continue;
    const ofArm = pooled.get(turn.arm) ?? new Map<number, Map<string, Pooled>>();
    const known = ofArm.get(turn.generation) ?? new Map<string, Pooled>();
    pooled.set(turn.arm, ofArm.set(turn.generation, known));
    for (const check of checks) known.set(check.name, poolCheck(known.get(check.name), check));
  }
  return pooled;
}

function poolCheck(before: Pooled | undefined, check: Check): Pooled {
  const { count, of, isBroken } = check;
  const start = { count: 0, of: 0, worst: check, brokenCount: 0, seedCount: 0 };
  const known = before ?? start;
  return {
    count: known.count + count,
    of: known.of + of,
    worst: isWorse(check, known.worst) ? check : known.worst,
    brokenCount: known.brokenCount + (isBroken ? 1 : 0),
    seedCount: known.seedCount + 1,
  };
}

function isWorse(one: Check, other: Check): boolean {
  const [value, known] = [one.value ?? 0, other.value ?? 0];
  return one.limit?.min != null ? value < known : value > known;
}

function renderBroken(checks: PooledByCheck | undefined): HtmlValue {
  if (!checks) return "";
  const broken = [...checks.values()].filter(({ brokenCount }) => brokenCount > 0);
  const isLimited = [...checks.values()].some(({ worst }) => worst.limit !== null);
  if (!isLimited) return html`<span class="note">no candidates</span>`;
  if (broken.length === 0) return html`<span class="note">within limits</span>`;
  return broken.map(({ worst, brokenCount, seedCount }, index) => {
    const seeds = seedCount > 1 ? html` <span class="note">${brokenCount} of ${seedCount} seeds</span>` : null;
    return html`${index > 0 ? html`<br>` : null}${worst.name} <span class="number">${renderValue(worst.value, worst.of)}</span>${seeds}`;
  });
}

const training = "training.";

function renderUnfit(checks: PooledByCheck | undefined): HtmlValue {
  const told = [...(checks ?? [])].filter(([name]) => name.startsWith(training));
  const unfit = told.filter(([, { count }]) => count > 0);
  if (unfit.length === 0) return told.length === 0 ? "" : html`<span class="note">all fits</span>`;
  return unfit.map(([name, { count, of }], index) => {
    const numbers = html`<span class="number">${renderNumber(count)}</span> <span class="note">in ${renderNumber(of)} rows</span>`;
    return html`${index > 0 ? html`<br>` : null}${name.slice(training.length)} ${numbers}`;
  });
}

/** A row an arm and generation, a column a check that some row has. */
function renderAll(pooled: PooledByTurn, markers: ReadonlyMap<string, Marker>): Html {
  const turns = [...pooled].flatMap(([arm, ofArm]) =>
    [...ofArm].map(([generation, checks]) => ({ arm, generation, checks })),
  );
  const names = [...new Set(turns.flatMap(({ checks }) => [...checks.keys()]))];
  const rows = turns.map(({ arm, generation, checks }): HtmlValue[] => [
    renderArmName(arm, markers.get(arm)),
    generation,
    ...names.map((name) => renderPooled(checks.get(name))),
  ]);
  return renderTable(["arm", "generation", ...names], rows);
}

function renderPooled(check: Pooled | undefined): HtmlValue {
  if (!check) return "";
  const { count, of, worst } = check;
  return html`<span class="number">${renderValue(of === 0 ? worst.value : count / of, of)}</span>`;
}

/** A share in percent; a count where it is a share of nothing, and a number a row where there is more than one to a row. */
function renderValue(value: number | null, of: number): string {
  if (value === null) return "";
  return typeset(of > 0 && value <= 1 ? renderShare(value) : renderNumber(value));
}
