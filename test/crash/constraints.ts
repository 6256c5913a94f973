// What the database itself must refuse, whoever asks: the second row of a thing that there is once, and the row of a
// thing that there is not. The product never asks, and these stand behind it when it errs.

import { join } from "node:path";
import Database from "better-sqlite3";
import type { LaboratoryOptions, LaboratoryResult } from "./laboratory.ts";
import { createPlace, start } from "./processes.ts";

/** Columns but the row's own id, of a row that is there already. */
const copies: Readonly<Record<string, string>> = {
  stage: "key, kind, version, parameters, inputs, state",
  attempt: "stage_id, key, row_count, state, is_outside, intended_ms",
  candidate: "stage_id, id, dataset_id, position, draw, completion, finish, token_count, attempt_id",
  score: "stage_id, candidate_id, score",
  selection: "stage_id, candidate_id, reason",
  corpus_part: "stage_id, position, source_id, row_count",
  model: "stage_id, artifact_sha256",
  artifact: "sha256, kind, bytes, state",
  dataset: "split, sha256, row_count, is_current",
  dataset_row: "dataset_id, position, id, article, summary",
  metric: "stage_id, generation, position, name, value",
  turn: "arm, seed, generation, position, stage_id",
};

const refused: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(copies).map(([table, columns]) => [
      `a second ${table}`,
      `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM ${table} LIMIT 1`,
    ]),
  ),
  "a second rank": `UPDATE selection SET rank = 0 WHERE rank IS NOT NULL`,
  "a candidate without an attempt": "UPDATE candidate SET attempt_id = 1000000",
  "an attempt without a stage": "UPDATE attempt SET stage_id = 1000000",
  "a stage in no state": "UPDATE stage SET state = 'finished'",
  "an attempt in no state": "UPDATE attempt SET state = 'paid'",
  "an attempt whose stage is taken away": "DELETE FROM stage",
};

export async function runConstraints({ folder, start: options = {} }: LaboratoryOptions): Promise<LaboratoryResult> {
  const place = createPlace(folder, "constraints");
  const outcome = await start(place, options);
  if (outcome.code !== 0) throw new Error(`the uninterrupted run failed: ${outcome.stderr}`);
  const connection = new Database(join(place.run, "state.db"));
  connection.pragma("foreign_keys = ON");
  const violations: string[] = [];
  for (const [what, sql] of Object.entries(refused)) {
    connection.exec("BEGIN");
    try {
      connection.exec(sql);
      violations.push(`${what} was let in`);
    } catch (error) {
      if (!(error instanceof Database.SqliteError && error.code.startsWith("SQLITE_CONSTRAINT"))) throw error;
    } finally {
      connection.exec("ROLLBACK");
    }
  }
  connection.close();
  return { runs: 1, kills: 0, faults: Object.keys(refused).length, violations };
}
