// A set of grams by 64 bits each, in 11 to 21 bytes a gram. Two grams of different words meet by chance once in 10^19 pairs:
// of ten million grams asked against ten million, one in 200,000 sets has such a pair.

import { createLarger } from "../scratch.ts";

export interface GramSet {
  add(first: number, second: number): void;
  has(first: number, second: number): boolean;
  count(): number;
}

export function createGramSet(): GramSet {
  /** Both halves of a gram, 0 and 0 for an empty slot. */
  let slots = new Int32Array(2048);
  let count = 0;
  const find = (table: Int32Array, first: number, second: number): number => {
    const mask = table.length / 2 - 1;
    for (let slot = (first ^ Math.imul(second, 0x9e3779b1)) & mask; ; slot = (slot + 1) & mask) {
      const [one, other] = [table[2 * slot]!, table[2 * slot + 1]!];
      if ((one === first && other === second) || (one === 0 && other === 0)) return 2 * slot;
    }
  };
  return {
    add(first, second) {
      const at = find(slots, first, second);
      if (slots[at] !== 0 || slots[at + 1] !== 0 || (first === 0 && second === 0)) return;
      slots[at] = first;
      slots[at + 1] = second;
      count += 1;
      if (count * 8 < slots.length * 3) return;
      const old = slots;
      slots = new Int32Array(createLarger(old, 0).length);
      for (let from = 0; from < old.length; from += 2) {
        if (old[from] === 0 && old[from + 1] === 0) continue;
        const to = find(slots, old[from]!, old[from + 1]!);
        slots[to] = old[from]!;
        slots[to + 1] = old[from + 1]!;
      }
    },
    has(first, second) {
      const at = find(slots, first, second);
      return slots[at] === first && slots[at + 1] === second && (first !== 0 || second !== 0);
    },
    count: () => count,
  };
}
