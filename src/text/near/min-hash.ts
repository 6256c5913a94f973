// MinHash (Broder 1997): a set of grams as 128 numbers, of which two sets share a share as large as their Jaccard
// similarity on average, with variance J(1 - J)/128. Kept in 16 bits each (Li and Koenig 2010, b-bit minwise hashing):
// unequal minima then agree once in 65,536 times, which is left in.

import { computeMix } from "./words.ts";

export const signatureLength = 128;

export type Signature = Uint16Array<ArrayBuffer>;

/** One hash function a place: the gram's bits are turned by a number of its own and mixed again. */
const turns = Int32Array.from({ length: signatureLength }, (_, place) => computeMix((place + 1) * 0x9e3779b1));
const none = 0x7fffffff;

/** Fills `signature` with that of the first `count` grams; of no grams, all zeros. Four places at a time: half the time. */
export function readSignature(grams: Int32Array, count: number, signature: Signature): void {
  for (let place = 0; place < signatureLength; place += 4) {
    const [turnA, turnB, turnC, turnD] = [turns[place]!, turns[place + 1]!, turns[place + 2]!, turns[place + 3]!];
    let [leastA, leastB, leastC, leastD] = [none, none, none, none];
    for (let at = 0; at < count; at++) {
      const gram = grams[at]!;
      leastA = Math.min(leastA, computeTurned(gram, turnA));
      leastB = Math.min(leastB, computeTurned(gram, turnB));
      leastC = Math.min(leastC, computeTurned(gram, turnC));
      leastD = Math.min(leastD, computeTurned(gram, turnD));
    }
    signature[place] = computeKept(leastA, count);
    signature[place + 1] = computeKept(leastB, count);
    signature[place + 2] = computeKept(leastC, count);
    signature[place + 3] = computeKept(leastD, count);
  }
}

/** The high bits decide which is least, and they hang on every bit of the gram. */
function computeTurned(gram: number, turn: number): number {
  const value = Math.imul(gram ^ turn, 0x85ebca6b);
  return Math.imul(value ^ (value >>> 15), 0xc2b2ae35);
}

/** Minima are small numbers: their bits are spread before 16 of them are kept. */
function computeKept(least: number, count: number): number {
  return count === 0 ? 0 : computeMix(least) & 0xffff;
}

/** The share of places that agree: an estimate of the Jaccard similarity. `offset` is where the other begins. */
export function computeAgreement(one: Signature, others: Signature, offset = 0): number {
  let count = 0;
  for (let place = 0; place < signatureLength; place++) if (one[place] === others[offset + place]) count += 1;
  return count / signatureLength;
}
