// Opens a run's SQLite database the one safe way: WAL with synchronous=FULL, asserted after the first read,
// because the compiled-in default silently falls back to NORMAL. Migrations run in order, each in a transaction.

import { existsSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { StoreError } from "../errors.ts";
import { createOwnFile, validateOwnFile, validateReadFile } from "./guard/own-path.ts";
import { validateSchema } from "./guard/run-schema.ts";
import { migrations } from "./schema.ts";
import { createSqliteFault, toSystemFault } from "./system-fault.ts";

export type Connection = Database.Database;
export type Statement<Parameters extends unknown[], Row> = Database.Statement<Parameters, Row>;

/** Three candidates of 2 KB a page. */
const pageBytes = 8192;

/** A log that a long reader let grow is cut back to this. */
const longestLogBytes = 64 * 2 ** 20;

/** Opens or creates the database for the one writer. */
export function openWriter(file: string): Connection {
  const connection = openChecked(file, { readonly: false });
  try {
    backUp(connection, file);
    migrate(connection);
  } catch (error) {
    connection.close();
    throw toStoreError(error, file);
  }
  return connection;
}

/** Opens the writer's database once more, to copy its log back into it. */
export function openCopier(file: string): Connection {
  return openChecked(file, { readonly: false });
}

/**
 * Opens an existing database for short reads beside the writer; one of an older version only for whoever says so, and reads
 * no more than every version has.
 */
export function openReader(file: string, { mayBeOlder = false } = {}): Connection {
  if (!existsSync(file)) {
    throw new StoreError("there is no run here", {
      where: dirname(file),
      next: "refeed list shows the runs there are",
    });
  }
  const connection = openChecked(file, { readonly: true });
  const version = readVersion(connection);
  if (version !== migrations.length && !(mayBeOlder && version > 0)) {
    connection.close();
    throw version === 0 ? createEmptyError(dirname(file)) : versionError(file, version);
  }
  return connection;
}

/** A folder whose run was stopped before it was recorded: empty, and not damaged. */
export class EmptyRunError extends StoreError {}

export function createEmptyError(directory: string): EmptyRunError {
  return new EmptyRunError("holds no run yet", { where: directory, next: "start it again with refeed run" });
}

/** The database, and the files that SQLite keeps beside it. */
const suffixes = ["", "-wal", "-shm", "-journal"] as const;

function openChecked(file: string, options: { readonly readonly: boolean }): Connection {
  let connection: Connection | undefined;
  try {
    for (const suffix of suffixes) (options.readonly ? validateReadFile : validateOwnFile)(file + suffix);
    // SQLite gives the files beside it the mode of the database.
    if (!options.readonly) createOwnFile(file);
    connection = new Database(file, { fileMustExist: true, readonly: options.readonly, timeout: 5000 });
    connection.pragma("trusted_schema = OFF");
    connection.pragma("cell_size_check = ON");
    connection.pragma("mmap_size = 0");
    // A file that is no run is left exactly as it is, its journal mode included.
    validateContent(connection, file);
    // Before the journal mode, and heeded by a new file alone: with 4 KB, a candidate of 2 KB takes a page of its own.
    if (!options.readonly) connection.pragma(`page_size = ${pageBytes}`);
    if (!options.readonly) connection.pragma("journal_mode = WAL");
    connection.pragma("synchronous = FULL");
    connection.pragma("foreign_keys = ON");
    // What a statement may have to undo is kept in memory: a row of the ledger took ten writes to a file of /var/tmp.
    if (!options.readonly) connection.pragma("temp_store = MEMORY");
    // A commit never copies the log back and waits for the disk to take it: checkpoint/ does.
    connection.pragma("wal_autocheckpoint = 0");
    connection.pragma(`journal_size_limit = ${longestLogBytes}`);
    connection.prepare("SELECT count(*) FROM sqlite_schema").get();
    assertPragma(connection, "synchronous", 2, file);
    assertPragma(connection, "foreign_keys", 1, file);
    assertPragma(connection, "trusted_schema", 0, file);
    if (!options.readonly) assertPragma(connection, "journal_mode", "wal", file);
    return connection;
  } catch (error) {
    connection?.close();
    throw isUnborn(error) ? createEmptyError(dirname(file)) : toStoreError(error, file);
  }
}

/** Killed while the database was made, before it had a log: whoever writes it next rolls that back. */
function isUnborn(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code === "SQLITE_READONLY_ROLLBACK";
}

/** Anybody may have made it: it is looked at before anything in it is used. */
function validateContent(connection: Connection, file: string): void {
  const version = readVersion(connection);
  if (version < 0 || version > migrations.length) throw versionError(file, version);
  validateSchema(connection, file, version);
}

function assertPragma(connection: Connection, name: string, expected: number | string, file: string): void {
  const actual = connection.pragma(name, { simple: true });
  if (actual !== expected) {
    throw new StoreError(`SQLite refused ${name} = ${expected} and keeps ${String(actual)}`, {
      where: file,
      next: "move the run to a local file system",
    });
  }
}

/** A run of an older version is copied whole before its tables change: `state.db.v1` beside it. */
function backUp(connection: Connection, file: string): void {
  const version = readVersion(connection);
  if (version === 0 || version === migrations.length) return;
  const isEmpty = connection.prepare("SELECT 1 FROM run").get() === undefined;
  const copy = `${file}.v${version}`;
  if (isEmpty || existsSync(copy)) return;
  const draft = `${copy}.tmp`;
  validateOwnFile(draft);
  rmSync(draft, { force: true });
  createOwnFile(draft);
  connection.prepare("VACUUM INTO ?").run(draft);
  renameSync(draft, copy);
}

function migrate(connection: Connection): void {
  const version = readVersion(connection);
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue;
    connection
      .transaction(() => {
        connection.exec(migration);
        connection.pragma(`user_version = ${index + 1}`);
      })
      .immediate();
  }
}

function readVersion(connection: Connection): number {
  return connection.pragma("user_version", { simple: true }) as number;
}

function versionError(file: string, version: number): StoreError {
  const newer = version > migrations.length;
  return new StoreError(
    `has schema version ${version}, this refeed ${newer ? "knows only up to" : "expects"} ${migrations.length}`,
    {
      where: file,
      next: newer ? "use the refeed that wrote it, or a newer one" : "resume the run once to bring it up to date",
    },
  );
}

/** Turns the codes of SQLite and of the operating system into one of ours; anything else passes through unchanged. */
export function toStoreError(error: unknown, where: string): unknown {
  if (!isSqliteError(error)) return toSystemFault(error, where);
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(error.code)) {
    const next = "see the way out with refeed doctor, or restore the run folder from a copy";
    return new StoreError("is damaged or no run database", { where, cause: error, next });
  }
  const next = "see what is wrong with refeed doctor, and resume the run";
  const failed = `storage failed (${error.code}): ${error.message}`;
  return createSqliteFault(error, where) ?? new StoreError(failed, { where, cause: error, next });
}

/** By its code: an error that comes from a worker thread has lost its class. */
function isSqliteError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith("SQLITE_");
}
