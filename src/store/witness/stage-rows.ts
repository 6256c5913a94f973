// The scores, selections, corpus parts and measurements of a stage, and the rows of a dataset, against the digest
// they were written with.

import { setImmediate } from "node:timers/promises";
import type { Connection } from "../database.ts";
import { createDamageError } from "./damage.ts";
import { createRowDigest, type RowDigest, type RowValue } from "./row-digest.ts";

const pageRows = 500;

/** Rows in the order they were digested in: those of an owner whose order column is at least a number. */
const pageByKind = {
  verify: page("score", "stage_id", "candidate_id", "candidate_id, score, reason"),
  select: page("selection", "stage_id", "candidate_id", "candidate_id, rank, reason"),
  assemble: page("corpus_part", "stage_id", "position", "position, source_id, row_count, take"),
  dataset: page("dataset_row", "dataset_id", "position", "position, id, article, summary"),
} as const;

export type RowKind = keyof typeof pageByKind;

export function hasRowDigest(kind: string): kind is RowKind {
  return kind in pageByKind;
}

function page(table: string, owner: string, order: string, columns: string): string {
  return `SELECT ${columns} FROM ${table} WHERE ${owner} = ? AND ${order} >= ? ORDER BY ${order} LIMIT ${pageRows}`;
}

export interface OwnedRows {
  readonly kind: RowKind;
  /** The id of the stage, or of the dataset. */
  readonly owner: number;
  /** Called with how many rows a page had; what it throws ends the reading. */
  readonly onPage?: (rows: number) => void;
}

/** The digest of the rows of a stage, or of a dataset, read page by page. */
export async function readRowDigest(connection: Connection, { kind, owner, onPage }: OwnedRows): Promise<RowDigest> {
  const statement = connection.prepare<[number, number], [number, ...RowValue[]]>(pageByKind[kind]).raw();
  const digest = createRowDigest();
  for (let next = 0; ; ) {
    const rows = statement.all(owner, next);
    for (const row of rows) digest.add(...row);
    onPage?.(rows.length);
    if (rows.length < pageRows) return digest;
    next = (rows.at(-1)?.[0] ?? next) + 1;
    await setImmediate();
  }
}

/** Finished stages whose measurements are not those they were finished with. */
export function* findDamagedMeasurements(
  connection: Connection,
): Generator<{ readonly id: number; readonly key: string }> {
  const stages = connection
    .prepare<[], { id: number; key: string; rows_sha256: string | null }>(
      "SELECT id, key, rows_sha256 FROM stage WHERE kind IN ('evaluate', 'trial') AND state = 'done' ORDER BY id",
    )
    .all();
  const rowsOf = connection
    .prepare<[number], readonly RowValue[]>(
      `SELECT generation, position, name, value, low, high, item_count, items FROM metric
       WHERE stage_id = ? ORDER BY generation, position`,
    )
    .raw();
  for (const { id, key, rows_sha256 } of stages) {
    const digest = createRowDigest();
    for (const row of rowsOf.iterate(id)) digest.add(...row);
    if (digest.compute() !== rows_sha256) yield { id, key };
  }
}

/** Throws StoreError where a report would show other numbers than were measured. */
export function checkMeasurements(connection: Connection): void {
  for (const { key } of findDamagedMeasurements(connection)) {
    throw createDamageError(`the measurements of stage ${key.slice(0, 12)} are damaged`, connection.name);
  }
}
