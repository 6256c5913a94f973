// Whether a file on the disk is, byte for byte, the one that a hub listed or a manifest names.

import { createHash, type Hash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { HubFile } from "./listing.ts";

/** The SHA-256 of a file that has the listed size and digest; undefined for any other, or none. */
export async function readProof(
  path: string,
  { size, digest }: Pick<HubFile, "size" | "digest">,
  signal?: AbortSignal,
): Promise<string | undefined> {
  // Held open while it is read: another pull may give it its name meanwhile. A pipe in its place is not waited for.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(ignoreAbsent);
  if (handle === undefined) return undefined;
  try {
    const found = await handle.stat();
    return found.isFile() && found.size === size ? await prove(handle, { size, digest }, signal) : undefined;
  } finally {
    await handle.close();
  }
}

async function prove(
  handle: FileHandle,
  { size, digest }: Pick<HubFile, "size" | "digest">,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const sha256 = createHash("sha256");
  // Git's digest of a blob has its length before its bytes.
  const git: Hash | undefined = digest.kind === "git" ? createHash("sha1").update(`blob ${size}\0`) : undefined;
  for await (const chunk of handle.createReadStream({ start: 0, autoClose: false, highWaterMark: 1 << 20 })) {
    signal?.throwIfAborted();
    sha256.update(chunk as Buffer);
    git?.update(chunk as Buffer);
  }
  const value = sha256.digest("hex");
  return (git?.digest("hex") ?? value) === digest.value ? value : undefined;
}

function ignoreAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
