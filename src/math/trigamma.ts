// The trigamma function psi'(x) for positive arguments, by recurrence and its asymptotic series
// (Abramowitz and Stegun 1964, 6.4.6 and 6.4.12). It is the variance of the logarithm of a gamma variable.

import { computePolynomial } from "./polynomial.ts";

/** Bernoulli numbers B(2k), k = 7 .. 1. */
const coefficients = [7 / 6, -691 / 2730, 5 / 66, -1 / 30, 1 / 42, -1 / 30, 1 / 6];

/** psi'(x), x > 0. */
export function computeTrigamma(x: number): number {
  if (!(x > 0)) throw new RangeError(`the trigamma function is defined here for positive numbers, not ${x}`);
  // psi'(x) = psi'(x + 1) + 1 / x^2.
  let shifted = x;
  let recurrence = 0;
  while (shifted < 12) {
    recurrence += 1 / (shifted * shifted);
    shifted += 1;
  }
  const inverse = 1 / shifted;
  const inverseSquare = inverse * inverse;
  const series = computePolynomial(coefficients, inverseSquare);
  return recurrence + inverse + 0.5 * inverseSquare + series * inverse * inverseSquare;
}
