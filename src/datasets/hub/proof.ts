// Whether a file on the disk is, byte for byte, the one that a hub listed or a manifest names.

import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { HubFile } from "./listing.ts";

/** The SHA-256 of a file that has the listed size and digest; undefined for any other, or none. */
export async function readProof(
  path: string,
  { size, digest }: Pick<HubFile, "size" | "digest">,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  });
  if (found === undefined || !found.isFile() || found.size !== size) return undefined;
  const sha256 = createHash("sha256");
  // Git's digest of a blob has its length before its bytes.
  const git: Hash | undefined = digest.kind === "git" ? createHash("sha1").update(`blob ${size}\0`) : undefined;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, ...(signal ? { signal } : {}) })) {
    sha256.update(chunk as Buffer);
    git?.update(chunk as Buffer);
  }
  const value = sha256.digest("hex");
  return (git?.digest("hex") ?? value) === digest.value ? value : undefined;
}
