// Puts a folder's names on the disk: a file that was renamed into its place is there after a power cut only then.

import { open } from "node:fs/promises";

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
