// How many more draws are asked for together until enough of them succeed: a function of what came out so far and of
// nothing else, so that whoever goes on with them asks for the very same.

export interface DrawsSoFar {
  readonly drawn: number;
  readonly succeeded: number;
  /** Successes that are wanted. */
  readonly wanted: number;
  /** Draws at most, over all. */
  readonly most: number;
}

/** Enough to see what a draw is worth. */
const firstDraws = 16;

/** A rate seen in few draws is not believed for many times as many. */
const mostGrowth = 7;

/** Nor for the last draw: where most are still to come, the rest is left to a rate that is known better. */
const shortfall = 0.8;

/** Standard deviations of room for bad luck: one time in forty is one chunk too few. */
const room = 2;

/** 0 where enough have succeeded or no draw is left. */
export function computeChunkSize({ drawn, succeeded, wanted, most }: DrawsSoFar): number {
  const missing = wanted - succeeded;
  const left = Math.max(0, most - drawn);
  if (missing <= 0 || left === 0) return 0;
  if (drawn === 0) return Math.min(left, firstDraws);
  const rate = (succeeded + 0.5) / (drawn + 1);
  // Of the draws that bring k successes at a rate p, k / p is the mean and sqrt(k (1 - p)) / p the deviation.
  const [mean, deviation] = [missing / rate, Math.sqrt(missing * (1 - rate)) / rate];
  const needed = mean > drawn ? shortfall * mean : mean + room * deviation;
  return Math.max(1, Math.min(Math.ceil(needed), left, mostGrowth * drawn));
}
