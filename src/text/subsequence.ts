// The length of the longest common subsequence of two token lists, for ROUGE-L (Lin 2004, section 3.1), bit by bit:
// Crochemore et al. 2001, "A fast and practical bit-vector algorithm for the longest common subsequence problem".
// One bit of `vector` stands for one column of the dynamic-programming table: 0 where a row grows by one at that column.
// A new row is vector' = (vector + (vector & match)) | (vector & ~match); words hold 31 bits, so that a sum never overflows.

import { createLarger } from "./scratch.ts";
import type { TokenList } from "./token-list.ts";

export const bitsPerWord = 31;
export const allBits = 0x7fffffff;

export interface Subsequence {
  /** The length for two lists whose ids are all below `bound`. */
  compute(one: TokenList, other: TokenList, bound: number): number;
}

/** Creates the algorithm with its scratch. */
export function createSubsequence(): Subsequence {
  /** For each id the bits of the columns that hold it; all 0 between calls. */
  let matches = new Int32Array(512);
  /** What the addition of each row carries from one word of columns into the next. */
  let carries = new Uint8Array(512);

  return {
    compute(one, other, bound) {
      if (matches.length < bound) matches = createLarger(matches, bound);
      if (carries.length < other.count) carries = createLarger(carries, other.count);
      carries.fill(0, 0, other.count);
      let length = 0;
      for (let start = 0; start < one.count; start += bitsPerWord) {
        const end = Math.min(one.count, start + bitsPerWord);
        for (let column = start; column < end; column++) matches[one.ids[column]!]! |= 1 << (column - start);
        let vector = allBits;
        for (let row = 0; row < other.count; row++) {
          const matched = vector & matches[other.ids[row]!]!;
          const sum = (vector + matched + carries[row]!) | 0;
          carries[row] = sum >>> bitsPerWord;
          vector = (sum | (vector & ~matched)) & allBits;
        }
        for (let column = start; column < end; column++) matches[one.ids[column]!] = 0;
        length += computeBitCount(vector ^ allBits);
      }
      return length;
    },
  };
}

/** How many bits are set (Warren, "Hacker's Delight", section 5-1). */
function computeBitCount(bits: number): number {
  const pairs = bits - ((bits >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
