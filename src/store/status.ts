// Where a run stands, in a few short reads beside its writer.

import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Spending } from "../domain/context.ts";
import type { LintLimits, LintTurn } from "../domain/lint.ts";
import { StoreError } from "../errors.ts";
import { type Connection, createEmptyError, EmptyRunError, openReader, toStoreError } from "./database.ts";
import { readSpending, underWay } from "./ledger/account.ts";
import { readHandedIn } from "./ledger/handed-in.ts";
import { isLocked } from "./lock.ts";
import { databaseName, isRunFolder } from "./run-folder.ts";
import { readLintTurns } from "./shelf/lint.ts";
import { createDeniedError } from "./system-fault.ts";

export interface TrialStatus {
  readonly arm: string;
  readonly seed: number;
  /** The first generation that is not finished, or the last one. */
  readonly generation: number;
  /** The kind of the stage due or at work there. */
  readonly stage: string;
  /** The worst state among the trial's stages: failed, running, new, done. */
  readonly state: string;
}

export interface RunStatus extends Spending {
  /** The folder's name. */
  readonly run: string;
  readonly experiment: string;
  /** As recorded, or `stopped` where it was running and its process is gone. */
  readonly state: string;
  readonly reason: string | null;
  readonly arms: readonly TrialStatus[];
  readonly stages: Readonly<Record<string, number>>;
  /** Attempts intended and not yet closed; none without a process. */
  readonly inFlight: number;
  /** Sent, and no reply was recorded: billed or not, they are sent again when the run goes on, unless they lie in a batch. */
  readonly unanswered: number;
  /** Of them, those that lie in batches: whoever goes on fetches these. */
  readonly handedIn: number;
  /** Sent again although an earlier sending was never answered. */
  readonly possiblyPaidTwice: number;
  readonly lint: { readonly limits: LintLimits; readonly turns: readonly LintTurn[] };
}

/** Reads the status of a run; throws StoreError where there is none. */
export function readStatus(directory: string): RunStatus {
  return readRun(directory, (connection) => {
    const run = connection
      .prepare<[], { name: string; state: string; reason: string | null; limits: string | null }>(
        "SELECT name, state, reason, json_extract(resolved, '$.header.lint') AS limits FROM run",
      )
      .get();
    if (!run) throw createEmptyError(directory);
    const isAlive = isLocked(directory);
    const states = connection
      .prepare<[number], { state: string; n: number }>(
        `SELECT ${shownState} AS state, count(*) AS n FROM stage s WHERE planned = 1 GROUP BY 1`,
      )
      .all(isAlive ? 1 : 0);
    const inFlight = connection
      .prepare<[], number>("SELECT count(*) FROM attempt WHERE state IN ('planned', 'sent')")
      .pluck();
    return {
      run: basename(directory),
      experiment: run.name,
      state: nameState(run.state, isAlive),
      reason: run.reason,
      arms: readTrials(connection, isAlive),
      stages: Object.fromEntries(states.map(({ state, n }) => [state, n])),
      inFlight: isAlive ? (inFlight.get() as number) : 0,
      ...readSpending(connection, isAlive),
      ...readRepeats(connection, isAlive),
      handedIn: [...readHandedIn(connection, isAlive).values()].reduce((sum, count) => sum + count, 0),
      lint: { limits: JSON.parse(run.limits ?? "{}") as LintLimits, turns: readLintTurns(connection) },
    };
  });
}

/** What left the process over the whole run. */
export function readRunSpending(directory: string): Spending {
  return readRun(directory, (connection) => readSpending(connection, isLocked(directory)));
}

/** A stage that a dead process had begun is to be done again; its one parameter: 1 where the process lives. */
const shownState = "CASE WHEN s.state = 'running' AND NOT ? THEN 'new' ELSE s.state END";

const badness = "CASE state WHEN 'failed' THEN 3 WHEN 'running' THEN 2 WHEN 'new' THEN 1 ELSE 0 END";
const states = ["done", "new", "running", "failed"] as const;

function nameState(state: string, isAlive: boolean): string {
  return state === "running" && !isAlive ? "stopped" : state;
}

/** Of each trial the first stage that is not done, else its last one. */
function readTrials(connection: Connection, isAlive: boolean): readonly TrialStatus[] {
  const trials = connection
    .prepare<[number], Omit<TrialStatus, "state"> & { readonly worst: number }>(
      `WITH seen AS (
         SELECT t.arm, t.seed, t.generation, t.position, s.kind, ${shownState} AS state
         FROM turn t JOIN stage s ON s.id = t.stage_id),
       ranked AS (
         SELECT *, max(${badness}) OVER (PARTITION BY arm, seed) AS worst,
           row_number() OVER (PARTITION BY arm, seed ORDER BY state = 'done',
             CASE state WHEN 'done' THEN -generation ELSE generation END,
             CASE state WHEN 'done' THEN -position ELSE position END) AS place
         FROM seen)
       SELECT r.arm, r.seed, r.generation, r.kind AS stage, r.worst FROM ranked r JOIN arm a ON a.id = r.arm
       WHERE r.place = 1 ORDER BY a.position, r.seed`,
    )
    .all(isAlive ? 1 : 0);
  return trials.map(({ worst, ...trial }) => ({ ...trial, state: states[worst] as string }));
}

interface RepeatRow {
  readonly repeated: number;
  readonly open: number;
}

/** What a dead process had sent is as unknown as what was found so when the run went on. */
function readRepeats(connection: Connection, isAlive: boolean): Pick<RunStatus, "unanswered" | "possiblyPaidTwice"> {
  const { repeated, open } = connection
    .prepare<[number], RepeatRow>(
      `SELECT coalesce(sum(repeat_count), 0) AS repeated,
         coalesce(sum(state = 'unknown' OR (${underWay} AND NOT ?)), 0) AS open
       FROM attempt WHERE is_outside = 1`,
    )
    .get(isAlive ? 1 : 0) as RepeatRow;
  return { unanswered: open, possiblyPaidTwice: repeated };
}

export interface ListedRun {
  readonly directory: string;
  readonly name: string;
  /** As recorded, `stopped`, `damaged` where the folder cannot be read, or `denied` where it may not be. */
  readonly state: string;
  /** Zero in a damaged run. */
  readonly created: number;
  readonly stages: number;
  readonly done: number;
}

/**
 * The runs below a folder, newest first, damaged ones last; folders that hold none are passed over. Throws StoreError where
 * nobody lets us look.
 */
export async function listRuns(folder: string): Promise<readonly ListedRun[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    const denied = createDeniedError(error, folder);
    if (denied) throw denied;
    return [] as string[];
  });
  const runs: ListedRun[] = [];
  for (const name of names.sort()) {
    const directory = join(folder, name);
    const run = await isRunFolder(directory).then(
      (isRun) => (isRun ? readListed(directory) : undefined),
      // It hides no other, and whoever names it is told.
      () => ({ directory, name, state: "denied", created: 0, stages: 0, done: 0 }),
    );
    if (run) runs.push(run);
  }
  return runs.sort((a, b) => b.created - a.created);
}

/** One damaged run does not hide the others. */
function readListed(directory: string): ListedRun | undefined {
  try {
    const row = readRun(directory, (connection) =>
      connection
        .prepare<[], Omit<ListedRun, "directory">>(
          `SELECT r.name, r.state, r.created_ms AS created,
             (SELECT count(*) FROM stage WHERE planned = 1) AS stages,
             (SELECT count(*) FROM stage WHERE planned = 1 AND state = 'done') AS done FROM run r`,
        )
        .get(),
    );
    return (
      row && {
        directory,
        ...row,
        state: row.state === "running" ? nameState(row.state, isLocked(directory)) : row.state,
      }
    );
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error instanceof EmptyRunError) return undefined;
    return { directory, name: basename(directory), state: "damaged", created: 0, stages: 0, done: 0 };
  }
}

/** Short reads beside the writer; what goes wrong in them is a StoreError that names the database. */
export function readRun<Result>(directory: string, read: (connection: Connection) => Result): Result {
  const file = join(directory, databaseName);
  const connection = openReader(file);
  try {
    return read(connection);
  } catch (error) {
    throw toStoreError(error, file);
  } finally {
    connection.close();
  }
}
