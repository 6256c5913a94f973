// Finds a signature near one that was added before, without looking at all of them: locality-sensitive hashing by bands
// (Indyk and Motwani 1998; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, 3.4). Candidates agree in a whole
// band; whether they are near is then decided by all 128 places. 256 bytes of signature and 86 to 171 of slots a row at
// a threshold of 0.8.

import { computeAgreement, type Signature, signatureLength } from "./min-hash.ts";
import { computeMix } from "./words.ts";

export interface NearIndex {
  /** The number of a row added before that agrees in at least the threshold; undefined where none is found. */
  find(signature: Signature): number | undefined;
  /** Adds a row and gives it the next number. */
  add(signature: Signature): number;
}

export interface Bands {
  readonly bandCount: number;
  readonly rowsPerBand: number;
}

/** Signatures a page: large arrays are not moved when the index grows. */
const pageRows = 4096;
/** A band that so many rows share tells nothing, such as that of a boilerplate text: rows beyond are found by other bands. */
const mostSharers = 64;
const leastRecall = 0.95;

/** The longest bands that still find 95 % of the pairs at the threshold itself; pairs above it are found more often. */
export function computeBands(threshold: number): Bands {
  for (let rowsPerBand = signatureLength; rowsPerBand > 1; rowsPerBand--) {
    const bandCount = Math.floor(signatureLength / rowsPerBand);
    if (1 - (1 - threshold ** rowsPerBand) ** bandCount >= leastRecall) return { bandCount, rowsPerBand };
  }
  return { bandCount: signatureLength, rowsPerBand: 1 };
}

export function createNearIndex(threshold: number): NearIndex {
  const { bandCount, rowsPerBand } = computeBands(threshold);
  const pages: Signature[] = [];
  let rowCount = 0;
  /** Row times bands plus band plus 1, 0 for an empty slot; at most three quarters full. */
  let slots = new Int32Array(4096);
  let usedCount = 0;

  const hashBand = (signature: Signature, offset: number, band: number): number => {
    let hash = band + 1;
    const start = offset + band * rowsPerBand;
    for (let place = start; place < start + rowsPerBand; place++)
      hash = Math.imul(hash ^ signature[place]!, 0x01000193);
    return computeMix(hash);
  };
  const sharesBand = (signature: Signature, row: number, band: number): boolean => {
    const page = pages[Math.floor(row / pageRows)]!;
    const offset = (row % pageRows) * signatureLength;
    const start = band * rowsPerBand;
    for (let place = start; place < start + rowsPerBand; place++) {
      if (signature[place] !== page[offset + place]) return false;
    }
    return true;
  };
  const grow = (): void => {
    const old = slots;
    slots = new Int32Array(old.length * 2);
    const mask = slots.length - 1;
    for (const entry of old) {
      if (entry === 0) continue;
      const [row, band] = [Math.floor((entry - 1) / bandCount), (entry - 1) % bandCount];
      const page = pages[Math.floor(row / pageRows)]!;
      let slot = hashBand(page, (row % pageRows) * signatureLength, band) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = entry;
    }
  };

  return {
    find(signature) {
      const seen = new Set<number>();
      const mask = slots.length - 1;
      for (let band = 0; band < bandCount; band++) {
        for (let slot = hashBand(signature, 0, band) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
          const entry = slots[slot]! - 1;
          const row = Math.floor(entry / bandCount);
          if (entry % bandCount !== band || seen.has(row) || !sharesBand(signature, row, band)) continue;
          seen.add(row);
          const page = pages[Math.floor(row / pageRows)]!;
          if (computeAgreement(signature, page, (row % pageRows) * signatureLength) >= threshold) return row;
        }
      }
      return undefined;
    },
    add(signature) {
      const row = rowCount++;
      if (row % pageRows === 0) pages.push(new Uint16Array(pageRows * signatureLength));
      pages.at(-1)!.set(signature, (row % pageRows) * signatureLength);
      for (let band = 0; band < bandCount; band++) {
        const mask = slots.length - 1;
        let sharers = 0;
        let slot = hashBand(signature, 0, band) & mask;
        for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
          const entry = slots[slot]! - 1;
          if (entry % bandCount === band && sharesBand(signature, Math.floor(entry / bandCount), band)) sharers += 1;
          if (sharers === mostSharers) break;
        }
        if (sharers === mostSharers) continue;
        slots[slot] = row * bandCount + band + 1;
        usedCount += 1;
        if (usedCount * 4 > slots.length * 3) grow();
      }
      return row;
    },
  };
}
