// A folder and those above it, as mkdir -p makes them. Node's own recursive mkdir never returns where a file system answers
// ENOENT for a parent that is there, as /proc does.

import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** Throws what the system says of the first folder that cannot be. A link to a folder is one. */
export async function makeFolder(path: string, mode: number): Promise<void> {
  const there = await stat(path).catch(ignoreAbsent);
  if (there?.isDirectory()) return;
  if (there === undefined && dirname(path) !== path) await makeFolder(dirname(path), mode);
  await mkdir(path, { mode }).catch(async (error: NodeJS.ErrnoException) => {
    // Somebody else may have made it in the meantime; a file there is none, nor is a link to nothing.
    const made = await stat(path).catch(ignoreAbsent);
    if (error.code !== "EEXIST" || !made?.isDirectory()) throw error;
  });
}

function ignoreAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
