// Files that are either whole or not there, after any kill and any power cut.

import { mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { guardPath } from "./system-fault.ts";

/** Writes a file so that it is either whole or not there: temporary name, sync, rename, sync of the folder. */
export function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  return guardPath(path, () => replaceFile(path, content));
}

async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.tmp`;
  const file = await open(temporary, "w", 0o600);
  try {
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
