// The one rounding rule of the project: how many of a total a fraction of it is.

/**
 * fraction x total, halves rounded up: an eighth of 2,004 rows is 251.
 * The fraction is meant as the decimal it was written as, so a product that misses a half by rounding counts as a half.
 */
export function computeShare(fraction: number, total: number): number {
  const product = fraction * total;
  return Math.floor(product + 0.5 + product * 4 * Number.EPSILON);
}
