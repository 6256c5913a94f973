// The clipped overlap of two multisets of n-grams: ROUGE-N's count of matches
// (Lin 2004, "ROUGE: a package for automatic evaluation of summaries", section 2, formula 1).

import { createGramTable } from "./gram-table.ts";
import { createLarger } from "./scratch.ts";
import { createRoom, createTokenList, type TokenList } from "./token-list.ts";

export interface OverlapCounter {
  /** The sum over all n-grams of the smaller of its two counts; every id is below `bound`. */
  compute(one: TokenList, other: TokenList, bound: number): number;
}

/** Two-digit numbers below this index an array of counts that stays in the processor's cache. */
const mostDirect = 2 ** 16;

/** Creates a counter of the n-grams that two token lists share; n is `order`. */
export function createOverlapCounter(order: number): OverlapCounter {
  return order === 1 ? createIdOverlap() : createGramOverlap(order);
}

/** The overlap of the ids themselves. */
function createIdOverlap(): OverlapCounter {
  /** All 0 between calls. */
  let counts = new Int32Array(512);

  return {
    compute(one, other, bound) {
      if (counts.length < bound) counts = createLarger(counts, bound);
      for (let index = 0; index < one.count; index++) counts[one.ids[index]!]!++;
      let overlap = 0;
      for (let index = 0; index < other.count; index++) {
        const id = other.ids[index]!;
        if (counts[id] === 0) continue;
        counts[id]!--;
        overlap++;
      }
      for (let index = 0; index < one.count; index++) counts[one.ids[index]!] = 0;
      return overlap;
    },
  };
}

/** One text's tokens, and its n-grams so far. */
interface Side {
  tokens: TokenList;
  readonly grams: TokenList;
}

/**
 * The overlap of n-grams, n at least 2. An n-gram is one integer, made of that of its first n-1 tokens and that of its last
 * token: as a number of two digits where these are few, else by a table. Either way no two n-grams share one.
 */
function createGramOverlap(order: number): OverlapCounter {
  const table = createGramTable();
  const overlap = createIdOverlap();
  const one: Side = { tokens: createTokenList(), grams: createTokenList() };
  const other: Side = { tokens: createTokenList(), grams: createTokenList() };

  /** Makes n-grams of `length` from those of length - 1; `base` is that of the two-digit numbers, 0 for the table. */
  const extend = ({ tokens, grams }: Side, length: number, base: number): void => {
    const gramCount = Math.max(0, tokens.count - length + 1);
    const firsts = length === 2 ? tokens.ids : grams.ids;
    const lasts = tokens.ids;
    createRoom(grams, gramCount);
    const { ids } = grams;
    for (let at = 0; at < gramCount; at++) {
      const first = firsts[at]!;
      const last = lasts[at + length - 1]!;
      ids[at] = base > 0 ? first * base + last : table.intern(first, last);
    }
    grams.count = gramCount;
  };

  return {
    compute(reference, prediction, tokenBound) {
      one.tokens = reference;
      other.tokens = prediction;
      let bound = tokenBound;
      for (let length = 2; length <= order; length++) {
        const base = bound * tokenBound <= mostDirect ? tokenBound : 0;
        extend(one, length, base);
        extend(other, length, base);
        bound = base > 0 ? bound * base : table.count();
        table.clear();
      }
      return overlap.compute(one.grams, other.grams, bound);
    },
  };
}
