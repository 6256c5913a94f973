// Counts over all texts and over all but one, for every text in turn, in one pass: what a text alone contributes is
// found from how often its tokens occur in it and in all. Leaving out n texts so costs no more than reading them.

import type { TokenTable } from "./token-table.ts";

export interface LeftOutCounts {
  /** Different tokens, and without each text. */
  readonly types: number;
  readonly typesWithout: Float64Array;
  readonly tokens: number;
  readonly tokensWithout: Float64Array;
  /** Sum over types of count x log2(count), and without each text. */
  readonly logSum: number;
  readonly logSumWithout: Float64Array;
}

/** Counts the types for which `isCounted` holds (all by default); tokens and logSum are of all types. */
export function countLeftOut({ ids, starts, kinds }: TokenTable, isCounted?: (id: number) => boolean): LeftOutCounts {
  const counts = new Uint32Array(kinds);
  for (const id of ids) counts[id]! += 1;
  const counted = Uint8Array.from(counts, (_, id) => (isCounted === undefined || isCounted(id) ? 1 : 0));
  const texts = starts.length - 1;
  const types = counted.reduce((sum, one) => sum + one, 0);
  const logSum = counts.reduce((sum, count) => sum + computeTerm(count), 0);
  const typesWithout = new Float64Array(texts).fill(types);
  const tokensWithout = new Float64Array(texts).fill(ids.length);
  const logSumWithout = new Float64Array(texts).fill(logSum);

  const within = new Uint32Array(kinds);
  for (let text = 0; text < texts; text++) {
    const own = ids.subarray(starts[text]!, starts[text + 1]!);
    tokensWithout[text]! -= own.length;
    for (const id of own) within[id]! += 1;
    for (const id of own) {
      const here = within[id]!;
      // Zero once the type has been dealt with in this text.
      if (here === 0) continue;
      within[id] = 0;
      const all = counts[id]!;
      if (here === all) typesWithout[text]! -= counted[id]!;
      logSumWithout[text]! += computeTerm(all - here) - computeTerm(all);
    }
  }
  return { types, typesWithout, tokens: ids.length, tokensWithout, logSum, logSumWithout };
}

function computeTerm(count: number): number {
  return count > 1 ? count * Math.log2(count) : 0;
}
