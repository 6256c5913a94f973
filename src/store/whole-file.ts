// Files that are either whole or not there, after any kill and any power cut.

import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { createFlags, validateOwnFile } from "./guard/own-path.ts";
import { guardPath } from "./system-fault.ts";

/**
 * Writes a file so that it is either whole or not there: temporary name, sync, rename, sync of the folder. The folder
 * is there already. A link at either name is refused, and only the owner may read what is written.
 */
export function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  return guardPath(path, () => replaceFile(path, content));
}

async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  for (const each of [path, temporary]) validateOwnFile(each);
  // What a killed process left.
  await rm(temporary, { force: true });
  const file = await open(temporary, createFlags, 0o600);
  try {
    // Whatever the umask took away.
    await file.chmod(0o600);
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncPath(dirname(path));
}

/** Syncs a file, or the names in a folder, to the disk. */
export async function syncPath(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
