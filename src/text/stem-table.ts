// A word table in which words with equal stems are one. Stems of words met before are remembered across clears, because
// the rules of stem.ts cost microseconds and a look-up some nanoseconds; the memory is bounded, so that it stays flat.

import { createLarger } from "./scratch.ts";
import { computeStem } from "./stem.ts";
import { unstemmedLength } from "./tokens.ts";
import { computeWordHash, createWordTable, type WordTable } from "./word-table.ts";

/** The words and bytes that may be remembered; beyond either, the next clear forgets everything. */
export interface Memory {
  readonly wordCount: number;
  readonly byteCount: number;
}

/** Creates an empty table. */
export function createStemTable(memory: Memory = { wordCount: 100_000, byteCount: 2 ** 22 }): WordTable {
  const words = createWordTable();
  const stems = createWordTable();
  let byteCount = 0;
  let stemByWord = new Int32Array(512);
  /** The number + 1 of each stem seen since the last clear, 0 for the others. */
  let numberByStem = new Int32Array(512);
  /** The stems seen since the last clear, by number. */
  let seen = new Int32Array(512);
  let seenCount = 0;

  const remember = (word: number, source: Readonly<Uint8Array>, length: number): void => {
    const stem = createStem(source, length);
    byteCount += length;
    if (word === stemByWord.length) stemByWord = createLarger(stemByWord, 0);
    stemByWord[word] = stems.intern(stem, stem.length, computeWordHash(stem));
    if (stems.count() > numberByStem.length) numberByStem = createLarger(numberByStem, 0);
  };

  return {
    intern(source, length, hash) {
      const knownCount = words.count();
      const word = words.intern(source, length, hash);
      if (word === knownCount) remember(word, source, length);
      const stem = stemByWord[word]!;
      const number = numberByStem[stem]!;
      if (number > 0) return number - 1;
      if (seenCount === seen.length) seen = createLarger(seen, 0);
      seen[seenCount++] = stem;
      numberByStem[stem] = seenCount;
      return seenCount - 1;
    },
    count: () => seenCount,
    clear() {
      for (let number = 0; number < seenCount; number++) numberByStem[seen[number]!] = 0;
      seenCount = 0;
      if (words.count() <= memory.wordCount && byteCount <= memory.byteCount) return;
      words.clear();
      stems.clear();
      byteCount = 0;
    },
  };
}

function createStem(source: Readonly<Uint8Array>, length: number): Uint8Array {
  const word = source.slice(0, length);
  if (length <= unstemmedLength) return word;
  return new TextEncoder().encode(computeStem(new TextDecoder("latin1").decode(word)));
}
