// What a finished run must be, whatever happened on the way: its logical rows without times, row ids and try counts,
// and the digest of every file that is not the database itself.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";

/** Every table that holds results, by natural keys, in a fixed order. */
const queries: Readonly<Record<string, string>> = {
  run: "SELECT name, state, reason, resolved FROM run",
  arm: "SELECT position, id, generations, is_line, fields FROM arm ORDER BY position",
  dataset: "SELECT split, sha256, row_count, is_current FROM dataset ORDER BY split, sha256",
  stage:
    "SELECT key, kind, version, parameters, inputs, state, planned, value, output_sha256, inputs_sha256, reason FROM stage ORDER BY key",
  turn: "SELECT t.arm, t.seed, t.generation, t.position, s.key FROM turn t JOIN stage s ON s.id = t.stage_id ORDER BY 1, 2, 3, 4, 5",
  attempt:
    "SELECT s.key AS stage, a.key, a.row_count, a.state, a.is_outside FROM attempt a JOIN stage s ON s.id = a.stage_id ORDER BY 1, 2",
  candidate: `SELECT s.key AS stage, c.id, d.sha256 AS dataset, c.position, c.draw, c.completion, c.finish, c.reason, c.log_probability,
    c.token_count, hex(c.token_log_probabilities), a.key AS attempt FROM candidate c JOIN stage s ON s.id = c.stage_id
    JOIN dataset d ON d.id = c.dataset_id JOIN attempt a ON a.id = c.attempt_id ORDER BY 1, 2`,
  lint: "SELECT s.key AS stage, l.value FROM lint l JOIN stage s ON s.id = l.stage_id ORDER BY 1",
  score:
    "SELECT s.key AS stage, candidate_id, score, x.reason FROM score x JOIN stage s ON s.id = x.stage_id ORDER BY 1, 2",
  selection:
    "SELECT s.key AS stage, candidate_id, rank, x.reason FROM selection x JOIN stage s ON s.id = x.stage_id ORDER BY 1, 2",
  corpus_part: `SELECT s.key AS stage, p.position, o.key AS source, p.row_count, hex(p.take) FROM corpus_part p
    JOIN stage s ON s.id = p.stage_id LEFT JOIN stage o ON o.id = p.source_id ORDER BY 1, 2`,
  model: "SELECT s.key AS stage, artifact_sha256 FROM model m JOIN stage s ON s.id = m.stage_id ORDER BY 1",
  artifact: "SELECT sha256, kind, bytes, state FROM artifact ORDER BY 1",
  metric: `SELECT s.key AS stage, m.generation, m.position, name, m.value, low, high, item_count, hex(items) FROM metric m
    JOIN stage s ON s.id = m.stage_id ORDER BY 1, 2, 3`,
};

export interface RunDump {
  /** Digest of each table's logical rows. */
  readonly tables: Readonly<Record<string, string>>;
  /** Digest of each file but database and lock. */
  readonly files: Readonly<Record<string, string>>;
}

export function readDump(directory: string): RunDump {
  const connection = new Database(join(directory, "state.db"), { readonly: true });
  try {
    const damage = connection.pragma("quick_check", { simple: true });
    if (damage !== "ok") throw new Error(`quick_check: ${String(damage)}`);
    const orphans = connection.pragma("foreign_key_check") as readonly unknown[];
    if (orphans.length > 0) throw new Error(`${orphans.length} rows break a foreign key`);
    const tables = Object.entries(queries).map(([table, query]) => {
      const hash = createHash("sha256");
      for (const row of connection.prepare(query).raw().iterate()) hash.update(`${JSON.stringify(row)}\n`);
      return [table, hash.digest("hex")] as const;
    });
    return { tables: Object.fromEntries(tables), files: readFiles(directory) };
  } finally {
    connection.close();
  }
}

function readFiles(directory: string): Readonly<Record<string, string>> {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .filter((name) => !/^(state\.db|lock\.)/.test(name))
    .sort();
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(directory, name)))
        .digest("hex"),
    ]),
  );
}

/**
 * Attempts that are closed, with when and how often they were tried: none of these may ever change again. A job's is closed
 * with its model, a commit before its stage is finished: killed in between, a service that forgets its jobs with its
 * process (`forgetsJobs`) is asked anew, and that is counted. One with books is asked for the job it has.
 */
export function readClosedAttempts(
  directory: string,
  { forgetsJobs = false }: { readonly forgetsJobs?: boolean } = {},
): ReadonlyMap<string, string> {
  const connection = new Database(join(directory, "state.db"), { readonly: true });
  try {
    // Killed before it had its tables.
    if (connection.pragma("user_version", { simple: true }) === 0) return new Map();
    const rows = connection
      .prepare<[number], { place: string; once: string }>(
        `SELECT s.key || '/' || a.key AS place, a.try_count || '@' || a.closed_ms AS once
         FROM attempt a JOIN stage s ON s.id = a.stage_id
         WHERE a.state = 'done' AND (a.key <> 'launch' OR s.state = 'done' OR ? = 0)`,
      )
      .all(Number(forgetsJobs));
    return new Map(rows.map(({ place, once }) => [place, once]));
  } catch (error) {
    // Killed while the database was made: a reader cannot roll that back, and nothing was closed yet.
    if ((error as { readonly code?: string }).code === "SQLITE_READONLY_ROLLBACK") return new Map();
    throw error;
  } finally {
    connection.close();
  }
}
