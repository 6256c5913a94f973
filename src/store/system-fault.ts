// What the operating system refuses when a run is stored, as one of our errors: by its own codes and by those that
// SQLite makes of them. Knows codes alone, no path of a run.

import { statfsSync } from "node:fs";
import { access } from "node:fs/promises";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { StoreError } from "../errors.ts";

interface Fault {
  readonly what: string;
  readonly next: string;
}

const full: Fault = { what: "disk full", next: "free some space and resume the run; nothing committed is lost" };
/** SQLite does not say whether a disk is full, a limit reached or the disk broken. */
const refused: Fault = {
  what: "the disk refused it",
  next: "free some space (also within quota and ulimit -f) or mend the disk, and resume the run; nothing committed is lost",
};
const barred: Fault = {
  what: "cannot be written",
  next: "check its permissions, or name another folder with --run",
};
const crossed: Fault = {
  what: "is a file, or lies below one, where a folder is needed",
  next: "name another folder with --run",
};

const faultByCode: Readonly<Record<string, Fault>> = {
  ENOSPC: full,
  EDQUOT: full,
  EFBIG: { what: "may not grow", next: "raise the limit of ulimit -f and resume the run; nothing committed is lost" },
  EIO: { what: "the disk failed", next: "mend the disk and resume the run; nothing committed is lost" },
  EROFS: barred,
  EACCES: barred,
  EPERM: barred,
  ENOTDIR: crossed,
  EEXIST: crossed,
  ELOOP: { what: "is a symbolic link", next: "remove the link, or name another folder with --run" },
  EISDIR: { what: "is a folder where a file is needed", next: "move it away" },
  ENOENT: { what: "cannot be made, or was taken away", next: "check the path, or name another folder with --run" },
};

/** In this order: the more exact first. What says nothing of the disk is damage, told by others. */
const faultBySqlite: readonly (readonly [RegExp, Fault])[] = [
  [/^SQLITE_FULL/, full],
  [/^SQLITE_IOERR_(SHORT_READ|DATA)/, { what: "is damaged", next: "see the way out with refeed doctor" }],
  [/^SQLITE_IOERR/, refused],
  [
    /^SQLITE_CANTOPEN/,
    { what: "cannot be opened", next: "check the path, its permissions and the free space of the disk" },
  ],
  [/^SQLITE_READONLY/, { what: "cannot be written", next: "check the permissions of the run folder" }],
];

/** Codes that are never a defect of ours, wherever they come from. */
const plainFaults: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EROFS", "EIO", "EFBIG"]);

export function isPlainFault(error: unknown): boolean {
  return plainFaults.has(readCode(error) ?? "");
}

/** A StoreError for a code of the operating system; anything else passes through unchanged. */
export function toSystemFault(error: unknown, where: string): unknown {
  const code = readCode(error);
  const fault = code === undefined ? undefined : faultByCode[code];
  if (!fault) return error;
  return new StoreError(`${fault.what} (${code})`, { where, next: fault.next, cause: error });
}

/** A StoreError where a run may not be looked at; undefined for any other error. */
export function createDeniedError(error: unknown, where: string): StoreError | undefined {
  const code = readCode(error);
  if (code !== "EACCES" && code !== "EPERM") return undefined;
  const next =
    "ask its owner to share it: chmod go+x on every folder above it (runs/ as well), chmod -R go+rX on the run's own";
  return new StoreError(`permission denied (${code})`, { where, next, cause: error });
}

/** True where a run's folder holds that file; throws StoreError where nobody lets us look. */
export async function isThere(name: string, folder: string): Promise<boolean> {
  return access(join(folder, name)).then(
    () => true,
    (error: unknown) => {
      const denied = createDeniedError(error, folder);
      if (denied) throw denied;
      return false;
    },
  );
}

/** The same refusal with another way on; anything else passes through unchanged. */
export function adviseBarred(error: unknown, next: string): unknown {
  const isBarred = error instanceof StoreError && faultByCode[readCode(error.cause) ?? ""] === barred;
  return isBarred ? new StoreError(error.what, { where: error.where, next, cause: error.cause }) : error;
}

/** A StoreError for what SQLite was refused below `where`; undefined for codes that say nothing of the disk. */
export function createSqliteFault(error: Error & { readonly code: string }, where: string): StoreError | undefined {
  const { code } = error;
  const found = faultBySqlite.find(([pattern]) => pattern.test(code))?.[1];
  if (!found) return undefined;
  const isDisk = found === refused || code.startsWith("SQLITE_CANTOPEN");
  const fault = isDisk && isOutOfSpace(where) ? full : found;
  return new StoreError(fault === full ? fault.what : `${fault.what} (${code})`, {
    where,
    next: fault.next,
    cause: error,
  });
}

/** True for a code of SQLite behind which stands the disk and no damage of the database. */
export function isDiskRefusal(code: string): boolean {
  return /^SQLITE_(FULL|IOERR|CANTOPEN|READONLY)/.test(code) && !/^SQLITE_IOERR_(SHORT_READ|DATA)/.test(code);
}

/** Nothing a run does takes less. */
const leastBytes = 65_536;

function isOutOfSpace(where: string): boolean {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(dirname(where));
    return bavail * bsize < leastBytes || (files > 0 && ffree === 0);
  } catch {
    // It only serves the message.
    return false;
  }
}

/** Node knows no name for some codes, such as EDQUOT, and makes "Unknown system error -122" of them. */
function readCode(error: unknown): string | undefined {
  const { code, errno } = (error ?? {}) as NodeJS.ErrnoException;
  if (typeof code !== "string" || !code.startsWith("Unknown system error")) return code;
  return Object.entries(constants.errno).find(([, value]) => value === -(errno ?? 0))?.[0] ?? code;
}

/** Runs work on a path and tells a refusal of the operating system as a StoreError. */
export async function guardPath<Result>(where: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw toSystemFault(error, where);
  }
}
