// Which rows stay, by their place in their split: a bit a row.

export interface Verdicts {
  push(isKept: boolean): void;
  /** Whether the row at a place stays; false beyond the last. */
  get(place: number): boolean;
  count(): number;
  keptCount(): number;
}

export function createVerdicts(): Verdicts {
  let bits = new Uint8Array(1024);
  let [count, keptCount] = [0, 0];
  return {
    push(isKept) {
      if (count === bits.length * 8) {
        const larger = new Uint8Array(bits.length * 2);
        larger.set(bits);
        bits = larger;
      }
      if (isKept) bits[count >> 3]! |= 1 << (count & 7);
      if (isKept) keptCount += 1;
      count += 1;
    },
    get: (place) => place < count && (bits[place >> 3]! & (1 << (place & 7))) !== 0,
    count: () => count,
    keptCount: () => keptCount,
  };
}
