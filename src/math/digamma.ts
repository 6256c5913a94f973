// The digamma function psi(x) = d ln Gamma(x) / dx for positive arguments, by recurrence and its
// asymptotic series (Abramowitz and Stegun 1964, 6.3.5 and 6.3.18).

import { computePolynomial } from "./polynomial.ts";

/** Coefficients B(2k) / (2k), k = 7 .. 1. */
const coefficients = [1 / 12, -691 / 32760, 1 / 132, -1 / 240, 1 / 252, -1 / 120, 1 / 12];

/** psi(x), x > 0. */
export function computeDigamma(x: number): number {
  if (!(x > 0)) throw new RangeError(`the digamma function is defined here for positive numbers, not ${x}`);
  // psi(x) = psi(x + 1) - 1 / x.
  let shifted = x;
  let recurrence = 0;
  while (shifted < 12) {
    recurrence -= 1 / shifted;
    shifted += 1;
  }
  const inverseSquare = 1 / (shifted * shifted);
  const series = computePolynomial(coefficients, inverseSquare);
  return recurrence + Math.log(shifted) - 0.5 / shifted - series * inverseSquare;
}
