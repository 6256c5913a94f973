// The logarithm of the gamma function for positive arguments, by recurrence and Stirling's series
// (Abramowitz and Stegun 1964, 6.1.15 and 6.1.41). Absolute error below 1e-13 for arguments up to 1e3.

import { computePolynomial } from "./polynomial.ts";

const halfLogTwoPi = 0.9189385332046727;

/** Coefficients B(2k) / (2k (2k - 1)) of the asymptotic series, k = 7 .. 1. */
const coefficients = [1 / 156, -691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12];

/** ln Gamma(x), x > 0. */
export function computeLogGamma(x: number): number {
  if (!(x > 0)) throw new RangeError(`the log-gamma function is defined here for positive numbers, not ${x}`);
  // Gamma(x) = Gamma(x + m) / (x (x + 1) .. (x + m - 1)), until the series is exact to the last bits.
  let shifted = x;
  let product = 1;
  while (shifted < 12) {
    product *= shifted;
    shifted += 1;
  }
  const inverseSquare = 1 / (shifted * shifted);
  const series = computePolynomial(coefficients, inverseSquare);
  return (shifted - 0.5) * Math.log(shifted) - shifted + halfLogTwoPi + series / shifted - Math.log(product);
}
