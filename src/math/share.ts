// The one rounding rule of the project: how many of a total a fraction of it is, and how many a selection has room for.

/**
 * fraction x total, halves rounded up: an eighth of 2,004 rows is 251.
 * The fraction is meant as the decimal it was written as, so a product that misses a half by rounding counts as a half.
 */
export function computeShare(fraction: number, total: number): number {
  const product = fraction * total;
  return Math.floor(product + 0.5 + product * 4 * Number.EPSILON);
}

/**
 * Candidates that a selection has room for: a share of those planned, and where only the best draws of each prompt compete,
 * of as many as compete. Infinity without a share.
 */
export function computePlaces(
  { best, keep }: { readonly best: number | null; readonly keep: number | null },
  { promptCount, plannedCount }: { readonly promptCount: number; readonly plannedCount: number },
): number {
  if (keep === null) return Infinity;
  return computeShare(keep, best === null ? plannedCount : promptCount * best);
}
