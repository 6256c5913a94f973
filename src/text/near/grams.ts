// N-grams of words as hashes: each from the one before it in one step, whatever n is (Karp and Rabin 1987).
// A text of fewer than n words is one gram of all of them; a text of none has none.

import { createLarger } from "../scratch.ts";
import { computeMix, type WordHashes } from "./words.ts";

/** Grams in the order of their first words, each by two hashes of 32 bits. */
export interface GramHashes {
  first: Int32Array<ArrayBuffer>;
  second: Int32Array<ArrayBuffer>;
  count: number;
}

const firstBase = 0x01000193;
const secondBase = 0x2c9277b5;

/** Fills `grams` with those of `order` words. */
export function readGrams(words: WordHashes, order: number, grams: GramHashes): void {
  const size = Math.min(order, words.count);
  const count = size === 0 ? 0 : words.count - size + 1;
  if (grams.first.length < count) {
    grams.first = createLarger(grams.first, count);
    grams.second = createLarger(grams.second, count);
  }
  grams.count = count;
  roll(words.first, firstBase, { size, count, into: grams.first });
  roll(words.second, secondBase, { size, count, into: grams.second });
}

/** hash = sum of word * base^(its distance from the end), modulo 2^32; the word that leaves is taken off again. */
function roll(
  words: Int32Array,
  base: number,
  { size, count, into }: { readonly size: number; readonly count: number; readonly into: Int32Array },
): void {
  let [hash, leaving] = [0, 1];
  for (let at = 0; at < size; at++) {
    hash = (Math.imul(hash, base) + words[at]!) | 0;
    leaving = Math.imul(leaving, base);
  }
  for (let at = 0; at < count; at++) {
    if (at > 0) hash = (Math.imul(hash, base) + words[at + size - 1]! - Math.imul(words[at - 1]!, leaving)) | 0;
    into[at] = computeMix(hash);
  }
}
