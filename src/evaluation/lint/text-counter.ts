// Counts how often each text occurs by 64 bits of its digest, in flat arrays: 17 MB for a million texts of any length.
// Two different texts are taken for one with a probability of n^2 / 2^65: 3 in 10^8 at a million.

import { hash } from "node:crypto";

export interface TextCounter {
  /** Counts a text; returns the low half of its digest, which tells two texts of one prompt apart. */
  add(text: string): number;
  /** Distinct texts so far, and 1 / sum p^2 over them: 0 where there are none. */
  read(): { readonly texts: number; readonly distinct: number; readonly effective: number };
}

/** Open addressing over a table that never grows: `most` is how many texts may come. */
export function createTextCounter(most: number): TextCounter {
  const size = Math.ceil(most * 1.4) + 8;
  const lows = new Uint32Array(size);
  const highs = new Uint32Array(size);
  const counts = new Uint32Array(size);
  let texts = 0;
  let distinct = 0;
  // Of integers below 2^53 while there are fewer than 9 * 10^7 texts: exact, whatever the order.
  let squares = 0;
  return {
    add(text) {
      if (texts === most) throw new RangeError(`more than ${most} texts`);
      const digest = hash("sha256", normalize(text), "buffer");
      const low = digest.readUInt32LE(0);
      const high = digest.readUInt32LE(4);
      let slot = low % size;
      while (counts[slot]! > 0 && (lows[slot] !== low || highs[slot] !== high)) slot = slot + 1 === size ? 0 : slot + 1;
      const before = counts[slot]!;
      if (before === 0) {
        lows[slot] = low;
        highs[slot] = high;
        distinct += 1;
      }
      counts[slot] = before + 1;
      squares += 2 * before + 1;
      texts += 1;
      return low;
    },
    read: () => ({ texts, distinct, effective: texts === 0 ? 0 : (texts * texts) / squares }),
  };
}

/** Case and white space apart, a text is the same: canonical composition, lower case, single blanks. */
function normalize(text: string): string {
  const plain = text.normalize("NFC").toLowerCase();
  // Looking first costs less than half of replacing what is there already.
  return (/\s\s|[^\S ]/u.test(plain) ? plain.replace(/\s+/gu, " ") : plain).trim();
}
