// The stages a run folder holds, for a plan: read once, beside a writer or without one.

import { join } from "node:path";
import type { Json } from "../keys/canonical.ts";
import { openReader } from "./database.ts";
import { databaseName } from "./run-folder.ts";
import { readResolved } from "./witness/resolved.ts";

export interface KnownStage {
  readonly key: string;
  readonly kind: string;
  readonly isDone: boolean;
  /** What it took; null unless done. */
  readonly seconds: number | null;
  /** arm/seed/generation/kind of everyone who asked for it. */
  readonly places: readonly string[];
}

export interface KnownRun {
  readonly stages: readonly KnownStage[];
  /** Wall time by the sum of stage times, which overlap and wait for each other; 1 where nothing was timed. */
  readonly overlap: number;
  /** The record a resume goes by; null in a folder that was never started. */
  readonly resolved: Json | null;
}

export function readKnownRun(directory: string): KnownRun {
  const connection = openReader(join(directory, databaseName));
  try {
    const rows = connection
      .prepare<[], { key: string; kind: string; state: string; duration_ms: number | null; places: string | null }>(
        `SELECT s.key, s.kind, s.state, s.duration_ms,
           group_concat(t.arm || '/' || t.seed || '/' || t.generation || '/' || s.kind, char(10)) AS places
         FROM stage s LEFT JOIN turn t ON t.stage_id = s.id WHERE s.planned = 1 GROUP BY s.id ORDER BY s.id`,
      )
      .all();
    const timed = connection
      .prepare<[], { wall: number | null; sum: number | null }>(
        `SELECT max(finished_ms) - min(started_ms) AS wall, sum(duration_ms) AS sum FROM stage
         WHERE planned = 1 AND state = 'done'`,
      )
      .get();
    // A run that lay still for a night was not slow: never more than the sum.
    const overlap = timed?.wall && timed.sum ? Math.min(1, timed.wall / timed.sum) : 1;
    const stages = rows.map(({ key, kind, state, duration_ms, places }) => ({
      key,
      kind,
      isDone: state === "done",
      seconds: state === "done" && duration_ms !== null ? duration_ms / 1000 : null,
      places: places === null ? [] : places.split("\n"),
    }));
    return { stages, overlap, resolved: readResolved(connection) ?? null };
  } finally {
    connection.close();
  }
}
