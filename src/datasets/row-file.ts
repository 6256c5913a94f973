// Writes rows to a JSON Lines file that is either whole or not there, and never over another without being told to.

import { type FileHandle, link, open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DatasetError } from "../errors.ts";
import { computeDigest } from "../keys/digest.ts";
import { syncFolder } from "./file/sync-folder.ts";

export interface RowFile {
  readonly path: string;
  /** The name used in messages: as the user wrote it. */
  readonly shown: string;
  readonly overwrites: boolean;
  /** Tells this process's temporary file from another's. */
  readonly token: string;
}

const bufferedCharacters = 1 << 17;

/** Writes one JSON object a line; resolves to their number when all are on the disk. Throws DatasetError. */
export async function writeRows(file: RowFile, rows: AsyncIterable<object>): Promise<number> {
  const { path, shown } = file;
  const folder = dirname(path);
  const temporary = renderTemporaryPath(path, file.token);
  try {
    // Exclusive: neither a link planted there nor another process's file is written to.
    const handle = await open(temporary, "wx", 0o600);
    try {
      const count = await writeLines(handle, rows);
      await handle.sync();
      if (file.overwrites) await rename(temporary, path);
      // A hard link, unlike a rename, fails where there is a file already.
      else await link(temporary, path);
      await syncFolder(folder);
      return count;
    } finally {
      await handle.close();
      await unlink(temporary).catch(ignoreAbsent);
    }
  } catch (error) {
    throw toDatasetError(error, shown);
  }
}

/** Beside the file, and short enough however long the file's own name is: a name may have 255 bytes. */
export function renderTemporaryPath(path: string, token: string): string {
  return join(dirname(path), `.refeed-${computeDigest(basename(path)).slice(0, 16)}.${token}.tmp`);
}

async function writeLines(handle: FileHandle, rows: AsyncIterable<object>): Promise<number> {
  let count = 0;
  let buffer = "";
  for await (const row of rows) {
    buffer += `${JSON.stringify(row)}\n`;
    count += 1;
    if (buffer.length < bufferedCharacters) continue;
    await handle.writeFile(buffer);
    buffer = "";
  }
  await handle.writeFile(buffer);
  return count;
}

/** After a rename there is no temporary file left to remove. */
function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

const reasonByCode: Readonly<Record<string, readonly [what: string, next: string | undefined]>> = {
  EEXIST: ["there is a file already", "take another name, or say --force to write over it"],
  ENOENT: ["there is no such folder", "make the folder first"],
  ENOTDIR: ["a part of its path is not a folder", undefined],
  EISDIR: ["is a folder", "give the name of a file"],
  EACCES: ["cannot be written: permission denied", undefined],
  EROFS: ["cannot be written: the disk is read-only", undefined],
  ENOSPC: ["cannot be written: the disk is full", "make room, then start again; nothing was left behind"],
};

/** Refusals of the system in our words; errors of the rows themselves pass as they are. */
function toDatasetError(error: unknown, shown: string): unknown {
  const code = error instanceof Error && "syscall" in error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === undefined) return error;
  const [what, next] = reasonByCode[code] ?? [`cannot be written: ${code}`, undefined];
  return new DatasetError(what, { where: shown, next, cause: error });
}
