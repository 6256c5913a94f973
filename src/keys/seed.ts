// Seeds derive from names, never from position, time or order: (what, for whom, which draw) -> 128 bits.
// So concurrency, restarts and the order of work cannot change a draw.

import { createHash } from "node:crypto";
import { renderCanonical } from "./canonical.ts";

/**
 * Four 32-bit words from the SHA-256 of the canonical JSON of `parts`;
 * feed them to createRandom of math/random.ts.
 */
export function computeSeed(...parts: readonly (string | number)[]): Uint32Array {
  const digest = createHash("sha256").update(renderCanonical(parts)).digest();
  return Uint32Array.from([0, 4, 8, 12], (offset) => digest.readUInt32LE(offset));
}
