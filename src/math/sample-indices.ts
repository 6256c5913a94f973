// Drawing a few of many indices in memory that grows with the result alone.

import type { Random } from "./random.ts";

export interface IndexDraw {
  readonly count: number;
  readonly total: number;
  readonly replacement: boolean;
}

/** `count` indices below `total`, in ascending order; every subset (or multiset of ordered draws) is equally likely. */
export function createSampledIndices(draw: IndexDraw, random: Random): Float64Array {
  const { count, total, replacement } = draw;
  if (!replacement && count > total)
    throw new RangeError(`${count} of ${total} indices cannot be drawn without replacement`);
  if (!replacement) return Float64Array.from(createSubset(count, total, random)).sort();
  return Float64Array.from({ length: count }, () => random.integer(total)).sort();
}

/** Algorithm F2 of Bentley and Floyd (1987, Communications of the ACM 30): one draw for each member of the result. */
function createSubset(count: number, total: number, random: Random): Set<number> {
  const chosen = new Set<number>();
  for (let last = total - count; last < total; last++) {
    const index = random.integer(last + 1);
    chosen.add(chosen.has(index) ? last : index);
  }
  return chosen;
}
