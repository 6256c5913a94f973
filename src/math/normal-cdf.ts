// The standard normal distribution function to double precision: Hart's rational approximation 5666
// (Hart 1968) with a continued fraction in the tail, in the arrangement of West (2005, "Better
// approximations to cumulative normal functions", Wilmott Magazine). The lower tail keeps twelve digits and more.

import { computePolynomial } from "./polynomial.ts";

const numerator = [
  3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
  220.206867912376,
];
const denominator = [
  8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
  793.826512519948, 440.413735824752,
];
/** West goes over to the fraction at 5 sqrt 2; by then Hart's form has lost half its digits, relative to the tail. */
const tail = 3;
const fractionTerms = 60;
const squareRootTwoPi = 2.5066282746310002;

/** P(Z <= z) for a standard normal Z. */
export function computeNormalCdf(z: number): number {
  const lower = computeLowerTail(Math.abs(z));
  return z > 0 ? 1 - lower : lower;
}

/** P(Z <= -distance), distance >= 0. */
function computeLowerTail(distance: number): number {
  const density = Math.exp((-distance * distance) / 2);
  if (distance < tail)
    return (density * computePolynomial(numerator, distance)) / computePolynomial(denominator, distance);
  if (density === 0) return 0;
  // Mills' ratio: 1 / (x + 1 / (x + 2 / (x + 3 / (x + ..)))) (Abramowitz and Stegun 1964, 26.2.14).
  let fraction = distance;
  for (let k = fractionTerms; k >= 1; k--) fraction = distance + k / fraction;
  return density / (fraction * squareRootTwoPi);
}
