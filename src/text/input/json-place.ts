// Where a value lies in a valid JSON text, by the names and places that lead to it. Slow, and only asked when a message needs
// to say where.

import { computeJsonScan, type JsonMember } from "./json-scan.ts";

export interface JsonPlace {
  /** Where the value begins, or the last one on the way to it that is there; in UTF-16 code units. */
  readonly valueOffset: number;
  /** The first name on the way that its object has twice. */
  readonly repeated: Pick<JsonMember, "key" | "keyOffset"> | undefined;
}

const isPlace = /^-?\d{1,9}$/;

/** Places in arrays count from the end where they are negative. */
export function computeJsonPlace(text: string, path: readonly string[]): JsonPlace {
  let valueOffset = 0;
  for (const name of path) {
    // What stands behind the value is no part of it, and ends the scan.
    const { members, items } = computeJsonScan(text.slice(valueOffset));
    const [first, second] = members.filter(({ key }) => key === name);
    if (second !== undefined) {
      const repeated = { key: name, keyOffset: valueOffset + second.keyOffset };
      return { valueOffset: valueOffset + second.valueOffset, repeated };
    }
    const inside = first?.valueOffset ?? (isPlace.test(name) ? items.at(Number(name)) : undefined);
    if (inside === undefined) break;
    valueOffset += inside;
  }
  return { valueOffset, repeated: undefined };
}
