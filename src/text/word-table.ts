// Gives each distinct word a dense number: 0, 1, 2 in order of first sight since the last clear.
// Words are bytes. A hash only says where to look: bytes are compared before two words count as one, so no collision
// can change a score. Open addressing with linear probing (Knuth, vol. 3, 6.4, algorithm L), at most half full.

import { createLarger } from "./scratch.ts";

export interface WordTable {
  /** The number of the word in the first `length` bytes of `source`; `hash` is its computeWordHash. */
  intern(source: Readonly<Uint8Array>, length: number, hash: number): number;
  /** How many distinct words there are: a word that raises it is new. */
  count(): number;
  /** Forgets every word, in time proportional to their number. */
  clear(): void;
}

const firstCapacity = 512;
const hashPrime = 0x01000193;

/** One step of FNV-1a (Fowler, Noll and Vo), started from 0. */
export function computeNextHash(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, hashPrime);
}

export function computeWordHash(source: Readonly<Uint8Array>): number {
  return source.reduce(computeNextHash, 0);
}

/** Creates an empty table. */
export function createWordTable(): WordTable {
  let bytes = new Uint8Array(8 * firstCapacity);
  let byteCount = 0;
  let wordCount = 0;
  /** The number + 1 of the word in each slot, 0 where it is empty. */
  let slots = new Int32Array(2 * firstCapacity);
  let slotByWord = new Int32Array(firstCapacity);
  let hashByWord = new Int32Array(firstCapacity);
  /** Where the bytes of each word start, and the last word's end. */
  let startByWord = new Int32Array(firstCapacity + 1);

  const computeSlot = (hash: number): number => (hash ^ (hash >>> 15)) & (slots.length - 1);

  const grow = (): void => {
    slotByWord = createLarger(slotByWord, 0);
    hashByWord = createLarger(hashByWord, 0);
    startByWord = createLarger(startByWord, 0);
    slots = new Int32Array(2 * slots.length);
    for (let word = 0; word < wordCount; word++) {
      let slot = computeSlot(hashByWord[word]!);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = word + 1;
      slotByWord[word] = slot;
    }
  };

  const add = (source: Readonly<Uint8Array>, length: number, hash: number): number => {
    hashByWord[wordCount] = hash;
    if (byteCount + length > bytes.length) bytes = createLarger(bytes, byteCount + length);
    for (let index = 0; index < length; index++) bytes[byteCount++] = source[index]!;
    startByWord[++wordCount] = byteCount;
    if (wordCount === slotByWord.length) grow();
    return wordCount - 1;
  };

  return {
    intern(source, length, hash) {
      const mask = slots.length - 1;
      for (let slot = computeSlot(hash); ; slot = (slot + 1) & mask) {
        const word = slots[slot]! - 1;
        if (word < 0) {
          slots[slot] = wordCount + 1;
          slotByWord[wordCount] = slot;
          return add(source, length, hash);
        }
        const start = startByWord[word]!;
        if (hashByWord[word] !== hash || startByWord[word + 1]! - start !== length) continue;
        let same = 0;
        while (same < length && bytes[start + same] === source[same]) same++;
        if (same === length) return word;
      }
    },
    count: () => wordCount,
    clear() {
      for (let word = 0; word < wordCount; word++) slots[slotByWord[word]!] = 0;
      wordCount = 0;
      byteCount = 0;
    },
  };
}
