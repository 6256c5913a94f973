// SHA-256, the only digest of the project: of bytes, of canonical JSON, of a stream.

import { createHash } from "node:crypto";
import { renderCanonical } from "./canonical.ts";

/** Lower-case hexadecimal SHA-256 of the bytes (strings as UTF-8). */
export function computeDigest(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Digest of a value by its canonical JSON. */
export function computeKey(value: unknown): string {
  return computeDigest(renderCanonical(value));
}

/** Digest of chunks as they pass, without holding them. */
export async function computeStreamDigest(chunks: AsyncIterable<string | Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}
