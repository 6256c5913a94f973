// Where `refeed score` puts its rows: a file that is whole or not there, written under another name and renamed at the end.

import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { renderTemporaryPath } from "../datasets/row-file.ts";
import { StoreError, UsageError } from "../errors.ts";
import type { RowSink } from "../evaluation/score-file.ts";

export interface RowFile extends RowSink {
  /** Syncs the file and gives it its name; what stood there before is replaced. */
  commit(): Promise<void>;
  /** Removes what was written, unless it was committed. */
  close(): Promise<void>;
}

/** Opens a temporary file beside `path` that `token` tells from another process's; `name` is what errors call it. */
export async function openRowFile(path: string, name: string, token: string): Promise<RowFile> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder) throw new UsageError("is a folder", { where: name, next: "name a file" });
  const temporary = renderTemporaryPath(path, token);
  let file = await openEmpty(temporary, name);
  let isOpen = true;
  const end = async (): Promise<void> => {
    if (isOpen) await file.close();
    isOpen = false;
  };

  return {
    write: (rows) => told(name, () => file.writeFile(rows)),
    async clear() {
      await end();
      await rm(temporary, { force: true });
      file = await openEmpty(temporary, name);
      isOpen = true;
    },
    async commit() {
      await told(name, () => file.sync());
      await end();
      await told(name, () => rename(temporary, path));
    },
    async close() {
      await end();
      await rm(temporary, { force: true });
    },
  };
}

async function openEmpty(path: string, name: string): Promise<FileHandle> {
  try {
    // Exclusive: neither a link planted there nor another process's file is written to.
    return await open(path, "wx");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`cannot be written (${code})`, { where: name, next: "name a file in a folder that exists" });
  }
}

async function told(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what = code === "ENOSPC" ? "disk full" : `cannot be written (${code})`;
    throw new StoreError(what, { where: name, cause: error });
  }
}
