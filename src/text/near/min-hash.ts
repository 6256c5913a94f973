// MinHash (Broder 1997): a set of grams as 128 numbers, of which two sets share a share as large as their Jaccard
// similarity on average, with variance J(1 - J)/128. Kept in 16 bits each (Li and Koenig 2010, b-bit minwise hashing):
// unequal minima then agree once in 65,536 times, which is left in.

import { computeMix } from "./words.ts";

export const signatureLength = 128;

export type Signature = Uint16Array<ArrayBuffer>;

/** One hash function a place: the gram's bits are turned by a number of its own and mixed again. */
const turns = Int32Array.from({ length: signatureLength }, (_, place) => computeMix((place + 1) * 0x9e3779b1));
const minima = new Int32Array(signatureLength);

/** Fills `signature` with that of the first `count` grams; of no grams, all zeros. */
export function readSignature(grams: Int32Array, count: number, signature: Signature): void {
  minima.fill(0x7fffffff);
  for (let at = 0; at < count; at++) {
    const gram = grams[at]!;
    for (let place = 0; place < signatureLength; place++) {
      let value = Math.imul(gram ^ turns[place]!, 0x85ebca6b);
      value ^= value >>> 13;
      value = Math.imul(value, 0xc2b2ae35);
      value ^= value >>> 16;
      if (value < minima[place]!) minima[place] = value;
    }
  }
  // Minima are small numbers: only their low bits are evenly spread.
  for (let place = 0; place < signatureLength; place++) signature[place] = count === 0 ? 0 : minima[place]! & 0xffff;
}

/** The share of places that agree: an estimate of the Jaccard similarity. `offset` is where the other begins. */
export function computeAgreement(one: Signature, others: Signature, offset = 0): number {
  let count = 0;
  for (let place = 0; place < signatureLength; place++) if (one[place] === others[offset + place]) count += 1;
  return count / signatureLength;
}
