// A temporary SQLite file that keeps lines of text by id, for matching two files in different orders with flat memory.
// It needs no safety: it is nobody's record, and a failure of the machine ends its use. Knows not what the lines say.

import Database from "better-sqlite3";
import { toStoreError } from "../database.ts";

/** A line of a file and the id of its row. */
export interface SpilledRow {
  readonly id: string;
  readonly line: number;
  readonly text: string;
}

export type TakenRow =
  | { readonly kind: "row"; readonly line: number; readonly text: string }
  | { readonly kind: "gone"; readonly takenBy: number }
  | { readonly kind: "none" };

export interface PairSpill {
  add(rows: readonly SpilledRow[]): void;
  /** The first row whose id an earlier row has. After this no rows are added. */
  readDoubled(): { readonly id: string; readonly line: number; readonly earlierLine: number } | undefined;
  /** Takes the row of an id, once, for the line `takenBy` of the other file. */
  take(id: string, takenBy: number): TakenRow;
  /** The first row that nobody has taken. */
  readLeft(): { readonly id: string; readonly line: number } | undefined;
  close(): void;
}

const schema = `
  PRAGMA journal_mode = OFF;
  PRAGMA synchronous = OFF;
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA cache_size = -32768;
  CREATE TABLE spilled_row (line INTEGER PRIMARY KEY, id TEXT NOT NULL, text TEXT NOT NULL) STRICT;
  CREATE TABLE taken_row (line INTEGER PRIMARY KEY, taken_by INTEGER NOT NULL) STRICT;
  BEGIN;`;

/** Creates the file, which must not exist yet; its folder is the caller's to remove. */
export function openPairSpill(file: string): PairSpill {
  const guard = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      throw toStoreError(error, file);
    }
  };
  const connection = guard(() => new Database(file).exec(schema));
  const insert = connection.prepare("INSERT INTO spilled_row (line, id, text) VALUES (?, ?, ?)");
  const find = connection.prepare<[string], { line: number; text: string }>(
    "SELECT line, text FROM spilled_row WHERE id = ?",
  );
  const mark = connection.prepare("INSERT OR IGNORE INTO taken_row (line, taken_by) VALUES (?, ?)");
  const findTaker = connection.prepare<[number], number>("SELECT taken_by FROM taken_row WHERE line = ?").pluck();

  return {
    add: (rows) =>
      guard(() => {
        for (const { id, line, text } of rows) insert.run(line, id, text);
      }),
    readDoubled: () => guard(() => (isUnique(connection) ? undefined : findDoubled(connection))),
    take: (id, takenBy) =>
      guard(() => {
        const row = find.get(id);
        if (row === undefined) return { kind: "none" };
        if (mark.run(row.line, takenBy).changes === 1) return { kind: "row", ...row };
        return { kind: "gone", takenBy: findTaker.get(row.line) ?? 0 };
      }),
    readLeft: () => guard(() => findLeft(connection)),
    close: () => connection.close(),
  };
}

/** Sorts the ids into an index; a doubled one shows itself by refusing to be unique. */
function isUnique(connection: Database.Database): boolean {
  try {
    connection.exec("CREATE UNIQUE INDEX spilled_row_by_id ON spilled_row (id)");
    return true;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_CONSTRAINT")) return false;
    throw error;
  }
}

function findDoubled(connection: Database.Database): ReturnType<PairSpill["readDoubled"]> {
  connection.exec("CREATE INDEX spilled_row_by_id ON spilled_row (id)");
  const query = `
    SELECT id, line, (SELECT min(line) FROM spilled_row AS earlier WHERE earlier.id = later.id) AS earlierLine
    FROM spilled_row AS later
    WHERE EXISTS (SELECT 1 FROM spilled_row AS earlier WHERE earlier.id = later.id AND earlier.line < later.line)
    ORDER BY line LIMIT 1`;
  return connection.prepare<[], { id: string; line: number; earlierLine: number }>(query).get();
}

function findLeft(connection: Database.Database): ReturnType<PairSpill["readLeft"]> {
  const query = `
    SELECT id, line FROM spilled_row
    WHERE NOT EXISTS (SELECT 1 FROM taken_row WHERE taken_row.line = spilled_row.line)
    ORDER BY line LIMIT 1`;
  return connection.prepare<[], { id: string; line: number }>(query).get();
}
