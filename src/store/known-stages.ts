// The stages a run folder holds, for a plan: read once, beside a writer or without one.

import { join } from "node:path";
import type { Json } from "../keys/canonical.ts";
import { type Connection, openReader } from "./database.ts";
import { answeredWork, holdsPaidWork } from "./ledger/account.ts";
import { databaseName } from "./run-folder.ts";
import { readResolved } from "./witness/resolved.ts";

export interface KnownStage {
  readonly key: string;
  readonly kind: string;
  readonly version: number;
  readonly parameters: Json;
  /** Keys of the stages it was made from. */
  readonly inputs: readonly string[];
  /** Finished, and as good as new for whoever asks for it: stages that an earlier experiment left behind as well. */
  readonly isDone: boolean;
  /** The experiment asked for it until now. */
  readonly isPlanned: boolean;
  /** What it took; null unless done. */
  readonly seconds: number | null;
  /** Calls of it that were answered, those that proved an endpoint not counted. */
  readonly answered: number;
  /**
   * Calls and tokens that left the process for it and what they cost, as it is known from answers. What an unfinished one
   * proved its endpoint by is not among them: it is proved again in every process.
   */
  readonly calls: number;
  readonly tokens: number;
  readonly usd: number;
  /** Everyone who asked for it. */
  readonly turns: readonly { readonly arm: string; readonly seed: number; readonly generation: number }[];
}

export interface KnownRun {
  readonly stages: readonly KnownStage[];
  /** Wall time by the sum of stage times, which overlap and wait for each other; 1 where nothing was timed. */
  readonly overlap: number;
  /** The record a resume goes by; null in a folder that was never started. */
  readonly resolved: Json | null;
}

/** What a plan sees where there is no run. */
export const noRun: KnownRun = { stages: [], overlap: 1, resolved: null };

interface StageRow {
  readonly id: number;
  readonly key: string;
  readonly kind: string;
  readonly version: number;
  readonly parameters: string;
  readonly inputs: string;
  readonly state: string;
  readonly planned: number;
  readonly duration_ms: number | null;
}

export function readKnownRun(directory: string): KnownRun {
  const connection = openReader(join(directory, databaseName));
  try {
    const timed = connection
      .prepare<[], { wall: number | null; sum: number | null }>(
        `SELECT max(finished_ms) - min(started_ms) AS wall, sum(duration_ms) AS sum FROM stage
         WHERE planned = 1 AND state = 'done'`,
      )
      .get();
    // A run that lay still for a night was not slow: never more than the sum.
    const overlap = timed?.wall && timed.sum ? Math.min(1, timed.wall / timed.sum) : 1;
    return { stages: readStages(connection), overlap, resolved: readResolved(connection) ?? null };
  } finally {
    connection.close();
  }
}

/** The record a resume goes by, of a run of an older version too: going on with it is what brings that up to date. */
export function readRunRecord(directory: string): Json | null {
  const connection = openReader(join(directory, databaseName), { mayBeOlder: true });
  try {
    return readResolved(connection) ?? null;
  } finally {
    connection.close();
  }
}

function readStages(connection: Connection): readonly KnownStage[] {
  const turnsById = new Map<number, KnownStage["turns"][number][]>();
  const turns = connection.prepare<[], { id: number; arm: string; seed: number; generation: number }>(
    "SELECT stage_id AS id, arm, seed, generation FROM turn",
  );
  for (const { id, ...turn } of turns.iterate()) {
    const known = turnsById.get(id);
    if (known) known.push(turn);
    else turnsById.set(id, [turn]);
  }
  const spentById = readSpent(connection);
  const rows = connection.prepare<[], StageRow>(
    `SELECT id, key, kind, version, parameters, inputs, state, planned, duration_ms FROM stage
     WHERE planned = 1 OR state = 'stale' OR (${holdsPaidWork}) ORDER BY id`,
  );
  return rows.all().map(({ id, key, kind, version, parameters, inputs, state, planned, duration_ms }) => {
    const isDone = state === "done" || state === "stale";
    return {
      key,
      kind,
      version,
      parameters: JSON.parse(parameters) as Json,
      inputs: JSON.parse(inputs) as readonly string[],
      isDone,
      isPlanned: planned === 1,
      seconds: isDone && duration_ms !== null ? duration_ms / 1000 : null,
      ...(spentById.get(id) ?? nothing),
      turns: turnsById.get(id) ?? [],
    };
  });
}

type Spent = Pick<KnownStage, "answered" | "calls" | "tokens" | "usd">;

const nothing: Spent = { answered: 0, calls: 0, tokens: 0, usd: 0 };

const finished = "SELECT id FROM stage WHERE state IN ('done', 'stale')";

/** What left the process, by stage; what nobody saw an answer of is no part of it. */
function readSpent(connection: Connection): ReadonlyMap<number, Spent> {
  const spent = connection
    .prepare<[], Spent & { readonly id: number }>(
      `SELECT stage_id AS id, sum(iif(${answeredWork}, 1, 0)) AS answered, sum(try_count - repeat_count) AS calls,
         sum(token_count - unseen_token_count) AS tokens, sum(cost_usd - unseen_usd) AS usd FROM attempt
       WHERE is_outside = 1 AND state = 'done' AND (${answeredWork} OR stage_id IN (${finished}))
         AND stage_id NOT IN (SELECT id FROM stage WHERE inputs_sha256 = '') GROUP BY stage_id`,
    )
    .all();
  return new Map(spent.map(({ id, ...sums }) => [id, sums]));
}
