// Seeds derive from names, never from position, time or order: (what, for whom, which draw) -> 128 bits.
// So concurrency, restarts and the order of work cannot change a draw.

import { hash } from "node:crypto";
import { renderCanonical } from "./canonical.ts";

/**
 * Four 32-bit words from the SHA-256 of the canonical JSON of `parts`;
 * feed them to createRandom of math/random.ts.
 */
export function computeSeed(...parts: readonly (string | number)[]): Uint32Array {
  return readWords(hash("sha256", renderCanonical(parts), "binary"));
}

/** A seed as text, 32 hexadecimal digits: the first half of the digest it is made from. */
export function renderSeed(seed: Uint32Array): string {
  const bytes = Buffer.alloc(16);
  for (const [index, word] of seed.entries()) bytes.writeUInt32LE(word, 4 * index);
  return bytes.toString("hex");
}

/** The seed that renderSeed wrote; undefined for any other text. */
export function parseSeed(text: string): Uint32Array | undefined {
  return /^[0-9a-f]{32}$/.test(text) ? readWords(Buffer.from(text, "hex").toString("latin1")) : undefined;
}

/** Little-endian words of the first 16 bytes, a character each: a buffer costs more than all that is done with it. */
function readWords(bytes: string): Uint32Array {
  const words = new Uint32Array(4);
  for (let at = 0; at < 16; at++) words[at >> 2]! |= bytes.charCodeAt(at) << (8 * (at & 3));
  return words;
}
