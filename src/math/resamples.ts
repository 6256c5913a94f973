// The draws of a bootstrap (Efron 1979), made once and used for every statistic of the same items,
// so that two arms measured on the same items are resampled alike and their difference is paired.

import type { Random } from "./random.ts";

export interface Resamples {
  readonly items: number;
  readonly count: number;
  /** count x items indices below `items`, one resample after another. */
  readonly draws: Uint16Array | Uint32Array;
}

/** Draws `count` resamples of `items` items, with replacement. */
export function createResamples(items: number, count: number, random: Random): Resamples {
  const draws = items <= 65_536 ? new Uint16Array(items * count) : new Uint32Array(items * count);
  // 53 random bits make the bias of the floor smaller than items / 2^53; it is six times faster than a rejection.
  for (let index = 0; index < draws.length; index++) draws[index] = Math.floor(random.uniform() * items);
  return { items, count, draws };
}
