// What may stand where a run is written: plain files and folders of its own, never a link to somewhere else.
// A run's folder may come from anybody and lie where others write; it knows the name of no file in it.

import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  type Stats,
} from "node:fs";
import { dirname } from "node:path";
import { StoreError } from "../../errors.ts";
import { toSystemFault } from "../system-fault.ts";

/** Creates and never follows: whatever stands there already, link or file, is an error. */
export const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Throws StoreError unless the path is free, or a plain file that has no other name: what is written there stays there. */
export function validateOwnFile(path: string): void {
  const found = readStats(path);
  if (found === undefined) return;
  validatePlainFile(path, found);
  if (found.nlink > 1) throw createLinkError(path, "is a hard link: it has another name elsewhere");
}

/** Throws StoreError where the path is anything but free or a plain file; one that is only read may have other names. */
export function validateReadFile(path: string): void {
  const found = readStats(path);
  if (found !== undefined) validatePlainFile(path, found);
}

/** Makes an empty file that only its owner may read, unless there is a plain one already. */
export function createOwnFile(path: string): void {
  validateOwnFile(path);
  if (readStats(path) !== undefined) return;
  told(path, () => {
    const handle = openSync(path, createFlags, 0o600);
    fchmodSync(handle, 0o600);
    closeSync(handle);
    syncNames(dirname(path));
  });
}

/** Makes a folder that only its owner may enter, unless there is one already; throws StoreError for a link to one. */
export function createOwnFolder(path: string): void {
  const found = readStats(path);
  if (found === undefined) {
    told(path, () => {
      mkdirSync(path, { mode: 0o700 });
      // Whatever the umask took away.
      chmodSync(path, 0o700);
      syncNames(dirname(path));
    });
    return;
  }
  if (found.isSymbolicLink()) throw createLinkError(path, "is a symbolic link");
  if (found.isDirectory()) return;
  throw new StoreError("is no folder, where a folder is needed", { where: path, next: "move it away" });
}

/**
 * Puts the names in a folder on the disk. Without it a power cut may take a new folder with all it holds, or leave the
 * journal of a database whose own name is gone.
 */
export function syncNames(folder: string): void {
  let handle: number;
  try {
    handle = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    // Others' folders may be entered and not read, and cannot be synced then.
    if ((error as NodeJS.ErrnoException).code === "EACCES") return;
    throw error;
  }
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Undefined where nothing stands; a link is not followed. */
function readStats(path: string): Stats | undefined {
  return told(path, () => lstatSync(path, { throwIfNoEntry: false }));
}

function validatePlainFile(path: string, found: Stats): void {
  if (found.isFile()) return;
  if (found.isSymbolicLink()) throw createLinkError(path, "is a symbolic link");
  const what = found.isDirectory() ? "is a folder where a file is needed" : "is no plain file";
  throw new StoreError(what, { where: path, next: "move it away" });
}

function createLinkError(where: string, what: string): StoreError {
  return new StoreError(`${what}; nothing was written through it`, {
    where,
    next: "remove the link, or name another folder with --run",
  });
}

function told<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw toSystemFault(error, path);
  }
}
