// How a run is watched: a live line on a terminal, a plain line now and then elsewhere, NDJSON for programs.
// It reads the loop's events and never answers them.

import type { Answered, Budget, Spending } from "../domain/context.ts";
import { computeForecast, type Expected, type Forecast, type Rows } from "../experiment/outlook/forecast.ts";
import type { RunEvent } from "../experiment/run.ts";
import { renderVisibleLine } from "../text/visible.ts";
import type { Environment } from "./environment.ts";
import { clearLine } from "./output.ts";
import { hasLeft, projectCost, renderSpending } from "./spending.ts";

export interface ExecutionFlags {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
}

export interface ProgressView {
  readonly watch: (event: RunEvent) => void;
  close(): void;
}

/** Milliseconds between two lines, by where they go. */
const liveMs = 100;
const plainMs = 5000;
const tickMs = 1000;

/** What a stage of each kind costs beside the others, before any of this run has been timed. */
const guessedMs: Readonly<Record<string, number>> = {
  train: 2000,
  sample: 1000,
  verify: 300,
  evaluate: 100,
  trial: 50,
};

export function createProgress(environment: Environment, { isJson, isQuiet }: ExecutionFlags): ProgressView {
  const { stderr, stdout, clock } = environment;
  const isLive = stderr.columns !== undefined && !isJson;
  const counts = createCounts(clock.monotonic());
  let lastShown = Number.NEGATIVE_INFINITY;

  const show = (isLast: boolean): void => {
    const now = clock.monotonic();
    if (counts.stageCount === 0 || isQuiet || isJson) return;
    if (!isLast && now - lastShown < (isLive ? liveMs : plainMs)) return;
    lastShown = now;
    // At the end too: where a cap has stopped the run, it is what goes on that is asked about.
    readForecast(counts);
    const line = renderLine(counts, now);
    if (isLive) stderr.write(`${clearLine}${line.slice(0, (stderr.columns ?? 80) - 1)}${isLast ? "\n" : ""}`);
    else stderr.write(`${line}\n`);
  };

  // Nothing happens while an endpoint is waited for, and that is to be told.
  const timer = setInterval(() => show(false), isLive ? tickMs : plainMs);
  timer.unref();
  return {
    watch: (event) => {
      // No progress, and so told whoever wants none of that.
      if (event.kind === "servers-left-out" && !isJson)
        stderr.write(`${isLive ? clearLine : ""}${renderLeftOut(event)}\n`);
      count(counts, event, clock.monotonic());
      if (isJson && event.kind !== "stage-progress") stdout.write(`${JSON.stringify(describeEvent(event, counts))}\n`);
      show(false);
    },
    close: () => {
      clearInterval(timer);
      // What is said next begins on a line of its own.
      if (counts.finishedCount > 0 || (isLive && lastShown > Number.NEGATIVE_INFINITY)) show(true);
    },
  };
}

const timedStages = 10;

interface Counts {
  readonly startMs: number;
  stageCount: number;
  /** Finished before this process began. */
  reusedCount: number;
  finishedCount: number;
  sampledRows: number;
  readonly plannedByKind: Map<string, number>;
  readonly finishedByKind: Map<string, number>;
  readonly spentByKind: Map<string, number>;
  readonly beginByKey: Map<string, number>;
  readonly rowsByKey: Map<string, Rows>;
  readonly finishedKeys: Set<string>;
  last: string;
  readWaits: () => readonly string[];
  spending: Watched | null;
}

/** What leaves the process, as it was planned and as it is. */
interface Watched {
  readonly read: () => Spending;
  readonly readAnswered: () => ReadonlyMap<string, Answered>;
  readonly answeredAtStart: ReadonlyMap<string, Answered>;
  readonly expected: Expected;
  readonly budget: Partial<Budget>;
  latest: Spending;
  forecast: Forecast;
}

function createCounts(startMs: number): Counts {
  return {
    startMs,
    stageCount: 0,
    reusedCount: 0,
    finishedCount: 0,
    sampledRows: 0,
    plannedByKind: new Map(),
    finishedByKind: new Map(),
    spentByKind: new Map(),
    beginByKey: new Map(),
    rowsByKey: new Map(),
    finishedKeys: new Set(),
    last: "",
    readWaits: () => [],
    spending: null,
  };
}

function count(counts: Counts, event: RunEvent, now: number): void {
  if (event.kind === "run-planned") {
    counts.stageCount = event.stageCount;
    counts.reusedCount = event.doneCount;
    const { readSpending, readAnswered, expected, budget } = event;
    // Those of the ledger go on counting.
    const answeredAtStart = new Map([...readAnswered()].map(([key, answered]) => [key, { ...answered }]));
    counts.spending = {
      ...{ read: readSpending, latest: readSpending(), readAnswered, answeredAtStart, expected, budget },
      forecast: { calls: 0, usd: 0 },
    };
    counts.readWaits = event.readWaits;
    for (const [kind, open] of Object.entries(event.openByKind)) counts.plannedByKind.set(kind, open);
    return;
  }
  if (event.kind === "servers-left-out") return;
  const { key, description } = event.request;
  const { kind, turn } = description;
  if (event.kind === "stage-started") counts.beginByKey.set(key, now);
  if (event.kind === "stage-progress") {
    if (kind === "sample") counts.sampledRows += event.doneCount - (counts.rowsByKey.get(key)?.done ?? 0);
    counts.rowsByKey.set(key, { done: event.doneCount, total: event.totalCount });
  }
  if (event.kind === "stage-finished") {
    counts.finishedCount += 1;
    counts.finishedKeys.add(key);
    readSpent(counts);
    counts.finishedByKind.set(kind, (counts.finishedByKind.get(kind) ?? 0) + 1);
    counts.spentByKind.set(kind, (counts.spentByKind.get(kind) ?? 0) + now - (counts.beginByKey.get(key) ?? now));
    counts.last = `${kind} ${turn.arm.id} seed ${turn.seed} generation ${turn.generation}`;
  }
}

function readSpent({ spending }: Counts): void {
  if (spending) spending.latest = spending.read();
}

function readForecast(counts: Counts): void {
  const { spending, rowsByKey, finishedKeys } = counts;
  if (spending === null) return;
  readSpent(counts);
  const { expected, readAnswered, answeredAtStart } = spending;
  const isFinished = (key: string): boolean => finishedKeys.has(key);
  spending.forecast = computeForecast(expected, { answered: readAnswered(), answeredAtStart, rowsByKey, isFinished });
}

function renderLine(counts: Counts, now: number): string {
  const done = counts.reusedCount + counts.finishedCount;
  const elapsed = now - counts.startMs;
  const percent = Math.floor((100 * done) / Math.max(1, counts.stageCount));
  const rate = counts.sampledRows > 0 ? `, ${Math.round((1000 * counts.sampledRows) / elapsed)} candidates/s` : "";
  // A few stages must have been timed before there is anything to tell.
  const isTimed = counts.finishedCount >= timedStages;
  const left =
    isTimed && done < counts.stageCount ? `, about ${renderDuration(computeLeft(counts, elapsed))} left` : "";
  const { spending } = counts;
  const waits = counts
    .readWaits()
    .map((wait) => `, ${renderVisibleLine(wait)}`)
    .join("");
  const spent = spending === null ? "" : renderSpending(spending.latest, spending, done === counts.stageCount);
  // A narrow terminal cuts the end off: what is waited for comes before what it costs.
  return `${renderDuration(elapsed)}  ${done}/${counts.stageCount} stages (${percent} %)${waits}${rate}${left}${spent}  ${counts.last}`;
}

/** Time left: the work still planned, each kind at what it has cost so far, at the pace of the work done so far. */
function computeLeft(counts: Counts, elapsed: number): number {
  let spent = 0;
  let open = 0;
  for (const [kind, planned] of counts.plannedByKind) {
    const finished = counts.finishedByKind.get(kind) ?? 0;
    const sum = counts.spentByKind.get(kind) ?? 0;
    const mean = finished > 0 ? sum / finished : (guessedMs[kind] ?? 10);
    spent += sum;
    open += Math.max(0, planned - finished) * mean;
  }
  return spent === 0 ? open : (elapsed * open) / spent;
}

function renderDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

function renderLeftOut({ endpoint, urls }: Extract<RunEvent, { readonly kind: "servers-left-out" }>): string {
  if (urls.length === 0) return `endpoint ${endpoint} has all its servers again`;
  const told = `endpoint ${endpoint} goes without ${urls.join(", ")}: nobody listens there`;
  return renderVisibleLine(`${told}; whatever stage asks there next looks again`);
}

function describeEvent(event: RunEvent, counts: Counts): Readonly<Record<string, unknown>> {
  const { spending } = counts;
  if (event.kind === "run-planned")
    return { event: event.kind, stages: event.stageCount, done: event.doneCount, trials: event.trialCount };
  if (event.kind === "servers-left-out") return { event: event.kind, endpoint: event.endpoint, urls: event.urls };
  const { key, description } = event.request;
  const { arm, seed, generation } = description.turn;
  const told = { event: event.kind, stage: description.kind, key, arm: arm.id, seed, generation };
  if (event.kind !== "stage-finished" || spending === null || !hasLeft(spending.latest)) return told;
  readForecast(counts);
  return { ...told, ...spending.latest, projected: projectCost(spending.latest, spending.forecast) };
}
