// What run and resume share: the loop at work with its progress, then the report, the results and the gates.

import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import type { RunRecord } from "../domain/record.ts";
import { BudgetError, CancelledError, GateError } from "../errors.ts";
import { createBreachError, findFatal } from "../experiment/compose/lint-check.ts";
import { listEndpoints } from "../experiment/experiment.ts";
import { findBrokenGates } from "../experiment/gates.ts";
import { type RunEvent, type RunRequest, runExperiment } from "../experiment/run.ts";
import { compareRecords } from "../report/comparison.ts";
import { listLintLines } from "../report/lint-lines.ts";
import { type Report, writeReport } from "../report/report.ts";
import { renderJson, renderResults } from "../report/results.ts";
import { createOwnFolder } from "../store/guard/own-path.ts";
import { openRecord } from "../store/record.ts";
import { writeWhole } from "../store/whole-file.ts";
import { renderVisibleLine } from "../text/visible.ts";
import type { Environment } from "./environment.ts";
import { renderShown } from "./failure.ts";
import { adviseBudget, validateCost } from "./max-cost.ts";
import { createProgress, type ExecutionFlags } from "./progress.ts";
import { quote } from "./quote.ts";
import { hasLeft, renderSpent } from "./spending.ts";
import { listStarted } from "./touched.ts";
import { boundYoungHeap, widenYoungHeap } from "./young-heap.ts";

/** What --accept-changes does, of run and of resume. */
export const acceptText =
  "go on although stages that are finished or paid for are no longer asked for (they are kept as stale), or an endpoint serves another model " +
  "than before (what is unfinished is asked of it anew)";

export async function executeRun(request: RunRequest, environment: Environment, flags: ExecutionFlags): Promise<void> {
  validateCost(request.prepared.experiment, request.maxCost);
  if (listEndpoints(request.prepared.experiment).length > 0) widenYoungHeap();
  else boundYoungHeap();
  const { stdout, stderr, signal, clock } = environment;
  const shown = relative(environment.cwd, request.directory) || ".";
  const say = (line: Readonly<Record<string, unknown>>): void => {
    if (flags.isJson) stdout.write(`${JSON.stringify(line)}\n`);
  };
  const progress = createProgress(environment, flags);
  for (const note of request.prepared.materials?.notes ?? [])
    stderr.write(renderShown(renderVisibleLine(`dataset: ${note}`)));
  // Whose file it is may not be known to whoever runs it: a command of its author's is told before it starts.
  for (const line of listStarted(request.prepared.experiment)) {
    if (!line.endsWith("no command")) stderr.write(renderShown(renderVisibleLine(line)));
  }
  const holder = { pid: environment.pid, command: environment.invocation };
  const way = createWayOn(request.directory, environment, `${environment.command} resume ${quote(shown)}`);
  const readSecret = (name: string): string | undefined => environment.variables[name];
  const onEvent = (event: RunEvent): void => {
    if (event.kind === "run-planned") way.record();
    progress.watch(event);
  };
  try {
    const { spending, ...outcome } = await runExperiment(request, { signal, clock, onEvent, holder, readSecret });
    progress.close();
    say({ event: "run-done", run: shown, ...outcome, ...(hasLeft(spending) && spending) });
    if (!flags.isJson && outcome.reusedCount === outcome.stageCount) {
      stdout.write(
        `${renderVisibleLine(shown)} is finished: all ${outcome.stageCount} stages are done, nothing to run\n`,
      );
    }
    if (!flags.isJson && hasLeft(spending)) stdout.write(`${renderSpent(spending)}\n`);
  } catch (error) {
    progress.close();
    if (error instanceof CancelledError) way.tell();
    const { prepared, maxCost } = request;
    const stopped = { experiment: prepared.experiment, maxCost, shown, environment };
    throw error instanceof BudgetError ? adviseBudget(error, stopped) : error;
  } finally {
    way.close();
  }
  await tellResults(request, environment, { shown, say, isJson: flags.isJson });
}

/**
 * How an interrupted run is gone on with, told once: at the first signal, since a second one or the end of the wait
 * leaves no time for it, or at the end where the run was not recorded yet.
 */
function createWayOn(directory: string, { signal, stderr }: Environment, command: string) {
  let isRecorded = existsSync(join(directory, "resolved.json"));
  let isTold = false;
  const tell = (): void => {
    if (!isTold) stderr.write(isRecorded ? `go on with: ${command}\n` : "nothing is recorded yet; start it again\n");
    isTold = true;
  };
  const tellAtOnce = (): void => {
    if (isRecorded) tell();
  };
  signal.addEventListener("abort", tellAtOnce);
  return {
    record: (): void => {
      isRecorded = true;
    },
    tell,
    close: (): void => signal.removeEventListener("abort", tellAtOnce),
  };
}

interface Telling {
  readonly shown: string;
  readonly say: (line: Readonly<Record<string, unknown>>) => void;
  readonly isJson: boolean;
}

async function tellResults(
  { directory, prepared }: RunRequest,
  environment: Environment,
  telling: Telling,
): Promise<void> {
  const record = openRecord(directory);
  try {
    const folder = join(directory, "report");
    const { summary } = await writeReportFolder(record, folder);
    // By the name that compare gives a run that stands alone.
    const records = [{ run: basename(directory), record }];
    const compared = compareRecords({ records, metrics: null, generation: null, against: summary.reference });
    const index = relative(environment.cwd, join(folder, "index.html"));
    telling.say({ event: "results", metrics: renderJson(compared) });
    if (!telling.isJson)
      environment.stdout.write(`\n${renderResults(compared)}\nreport: ${renderVisibleLine(index)}\n`);
    telling.say({ event: "report", index });
    tellLint(record, environment, telling);
    const broken = findBrokenGates(prepared.experiment.gates, record);
    if (broken.length > 0) throw new GateError(broken.join("; "), { where: telling.shown });
  } finally {
    record.close();
  }
}

/** What lint finds notable; throws GateError where a fatal limit is broken, as when it was set on a finished run. */
function tellLint(record: RunRecord, { stdout }: Environment, { say, isJson }: Telling): void {
  const turns = record.lintTurns();
  const lines = listLintLines(turns, record.lint);
  if (lines.length > 0) say({ event: "lint", notable: lines });
  if (lines.length > 0 && !isJson) stdout.write(lines.map((line) => `lint: ${line}\n`).join(""));
  for (const turn of turns) {
    const broken = findFatal(turn, record.lint);
    if (broken) throw createBreachError(broken, turn);
  }
}

/** Writes the report into its folder and takes the figures of an earlier one away that this one lacks. */
export async function writeReportFolder(record: RunRecord, folder: string): Promise<Report> {
  createOwnFolder(folder);
  const write = (name: string, text: string): Promise<void> => writeWhole(join(folder, name), text);
  return await writeReport(record, write, async (isStale) => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.isFile() && isStale(entry.name)) await rm(join(folder, entry.name));
    }
  });
}
