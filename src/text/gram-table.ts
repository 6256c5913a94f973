// Gives each distinct pair of numbers a dense number of its own, with the hashing and probing of word-table.ts.
// Pairs of (n-1)-gram and token are n-grams; what the numbers stand for is not known here.

import { createLarger } from "./scratch.ts";

export interface GramTable {
  intern(left: number, right: number): number;
  /** How many distinct pairs there are. */
  count(): number;
  /** Forgets every pair, in time proportional to their number. */
  clear(): void;
}

const firstCapacity = 512;

/** Creates an empty table. */
export function createGramTable(): GramTable {
  let pairCount = 0;
  /** The number + 1 of the pair in each slot, 0 where it is empty; at most half of the slots are taken. */
  let slots = new Int32Array(2 * firstCapacity);
  let slotByPair = new Int32Array(firstCapacity);
  let leftByPair = new Int32Array(firstCapacity);
  let rightByPair = new Int32Array(firstCapacity);

  const grow = (): void => {
    slotByPair = createLarger(slotByPair, 0);
    leftByPair = createLarger(leftByPair, 0);
    rightByPair = createLarger(rightByPair, 0);
    slots = new Int32Array(2 * slots.length);
    const mask = slots.length - 1;
    for (let pair = 0; pair < pairCount; pair++) {
      let slot = computePairHash(leftByPair[pair]!, rightByPair[pair]!) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = pair + 1;
      slotByPair[pair] = slot;
    }
  };

  return {
    intern(left, right) {
      const mask = slots.length - 1;
      let slot = computePairHash(left, right) & mask;
      for (let pair = slots[slot]! - 1; pair >= 0; pair = slots[slot]! - 1) {
        if (leftByPair[pair] === left && rightByPair[pair] === right) return pair;
        slot = (slot + 1) & mask;
      }
      const pair = pairCount++;
      slots[slot] = pairCount;
      slotByPair[pair] = slot;
      leftByPair[pair] = left;
      rightByPair[pair] = right;
      if (pairCount === slotByPair.length) grow();
      return pair;
    },
    count: () => pairCount,
    clear() {
      for (let pair = 0; pair < pairCount; pair++) slots[slotByPair[pair]!] = 0;
      pairCount = 0;
    },
  };
}

/** Multiplicative hashing (Knuth, vol. 3, 6.4) of each half, folded so that the low bits depend on all. */
function computePairHash(left: number, right: number): number {
  const hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  return hash ^ (hash >>> 16);
}
