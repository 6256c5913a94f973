// Equal scores are ordered by SHA-256 of (sample stage, id): the same on every machine and in every run, and
// without favour for the prompts that happen to stand first.

import { hash } from "node:crypto";
import { renderCanonical } from "../keys/canonical.ts";

/** Reorders, in place, each run of equal scores in an order sorted by score. */
export function breakTies(order: Uint32Array, scores: Float64Array, stage: string): void {
  let start = 0;
  while (start < order.length) {
    const score = scores[order[start]!]!;
    let end = start + 1;
    while (end < order.length && scores[order[end]!]! === score) end += 1;
    if (end - start > 1) sortRun(order.subarray(start, end), stage);
    start = end;
  }
}

/** The first 12 hexadecimal digits as a number decide all but one comparison in 10^14; the whole digest decides those. */
function sortRun(ids: Uint32Array, stage: string): void {
  const given = ids.slice();
  const digest = createTieDigest(stage);
  const prefixes = Float64Array.from(given, (id) => Number.parseInt(digest(id).slice(0, 12), 16));
  const positions = Uint32Array.from(given, (_, position) => position);
  positions.sort((a, b) => prefixes[a]! - prefixes[b]! || (digest(given[a]!) < digest(given[b]!) ? -1 : 1));
  for (const [at, position] of positions.entries()) ids[at] = given[position]!;
}

/** computeKey([stage, id]) of keys/digest.ts with the constant part rendered once: all of a million scores may be equal. */
function createTieDigest(stage: string): (id: number) => string {
  const opening = `[${renderCanonical(stage)},`;
  return (id) => hash("sha256", `${opening}${id}]`);
}
