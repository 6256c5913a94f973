// One writer a run: a second SQLite file held in an exclusive transaction. The operating system drops the lock with
// the process, so there is no stale lock to reason about. The note beside it only serves the message.

import { closeSync, constants, existsSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { chmod, mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { StoreError, UsageError } from "../errors.ts";
import { toStoreError } from "./database.ts";
import { createOwnFile, syncNames, validateOwnFile, validateReadFile } from "./guard/own-path.ts";
import { guardPath } from "./system-fault.ts";

export interface Lock {
  close(): void;
}

const noteFlags = constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW;

/** A reader that asks who is at work holds the file for microseconds; a writer waits that out. */
const patienceMs = 100;

/** Takes the run's lock or throws StoreError that names the holder. `holder` is what others are told: pid, host, command. */
export function openLock(directory: string, holder: Readonly<Record<string, string | number>>): Lock {
  const note = join(directory, "lock.json");
  const file = join(directory, lockName);
  let connection: Database.Database | undefined;
  try {
    validateOwnFile(`${file}-journal`);
    for (const path of [file, note]) createOwnFile(path);
    connection = new Database(file, { timeout: patienceMs });
    connection.exec("BEGIN EXCLUSIVE");
    writeNote(note, JSON.stringify(holder));
  } catch (error) {
    connection?.close();
    if (isDamage(error)) throw new StoreError("is damaged", { where: file, next: damagedLockAdvice, cause: error });
    if (!isBusy(error)) throw toStoreError(error, directory);
    throw new StoreError(`another process writes this run (${readNote(note)})`, {
      where: directory,
      next: "wait for it, or stop it and resume",
      cause: error,
    });
  }
  const held = connection;
  return {
    close() {
      held.exec("ROLLBACK");
      held.close();
    },
  };
}

/** True while a process holds the run: its lock refuses even a read. Writes nothing. */
export function isLocked(directory: string): boolean {
  return readLockState(directory) === "held";
}

/** As isLocked; `damaged` where the lock file is no database: then nobody can take it. */
export function readLockState(directory: string): "free" | "held" | "damaged" {
  const file = join(directory, lockName);
  if (!existsSync(file)) return "free";
  validateReadFile(file);
  let connection: Database.Database | undefined;
  try {
    connection = new Database(file, { readonly: true, fileMustExist: true, timeout: 0 });
    connection.prepare("SELECT count(*) FROM sqlite_schema").get();
    return "free";
  } catch (error) {
    if (isBusy(error)) return "held";
    return isDamage(error) ? "damaged" : "free";
  } finally {
    connection?.close();
  }
}

export const damagedLockAdvice = "remove lock.db: it holds nothing and is made anew";

/** Who holds the run, as it told others; of a run that nobody holds, who did last. */
export function readHolder(directory: string): string {
  return readNote(join(directory, "lock.json"));
}

const lockName = "lock.db";

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");
}

function isDamage(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(NOTADB|CORRUPT)/.test(error.code);
}

/** Written over, never through a link. */
function writeNote(note: string, text: string): void {
  const handle = openSync(note, noteFlags);
  try {
    writeFileSync(handle, text);
  } finally {
    closeSync(handle);
  }
}

function readNote(note: string): string {
  try {
    const holder = JSON.parse(readFileSync(note, "utf8")) as Record<string, unknown>;
    return Object.entries(holder)
      .map(([name, value]) => `${name} ${String(value)}`)
      .join(", ");
  } catch {
    // The note is a courtesy: torn or missing, the lock itself still holds.
    return "unknown process";
  }
}

/** What a process leaves that was killed before the database was there. */
const ownNames: ReadonlySet<string> = new Set(["lock.db", "lock.db-journal", "lock.json"]);

/** Makes the run's folder where there is none; a folder that holds other things than a run is refused and left as it is. */
export async function openFolder(directory: string, database: string): Promise<void> {
  const names = await readdir(directory).catch((): string[] => []);
  if (names.includes(database) || names.every((name) => ownNames.has(name))) {
    await guardPath(directory, () => makeFolder(directory));
    return;
  }
  throw new UsageError("is not empty and holds no run; nothing was written", {
    where: directory,
    next: "name a new or empty folder with --run",
  });
}

/** As mkdir -p. Node's own recursive mkdir never returns where a file system answers ENOENT for a parent that is there. */
async function makeFolder(path: string): Promise<void> {
  const parent = dirname(path);
  if (!existsSync(parent)) await makeFolder(parent);
  await mkdir(path, { mode: 0o700 }).then(
    () => chmod(path, 0o700),
    (error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST" || !statSync(path).isDirectory()) throw error;
    },
  );
  syncNames(parent);
}
