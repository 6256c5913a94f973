// The regularised incomplete beta function I_x(a, b), by the continued fraction of Abramowitz and Stegun
// (1964, 26.5.8) in the modified Lentz form (Thompson and Barnett 1986). Student's distribution rests on it.

import { computeLogGamma } from "./log-gamma.ts";

const tiny = 1e-300;
const precision = 1e-16;
const maximumTerms = 10_000;

/** I_x(a, b) for 0 <= x <= 1 and a, b > 0. */
export function computeIncompleteBeta(x: number, a: number, b: number): number {
  if (!(x >= 0 && x <= 1)) throw new RangeError(`the incomplete beta function needs 0 <= x <= 1, not ${x}`);
  if (x === 0 || x === 1) return x;
  // The fraction converges fast below (a + 1) / (a + b + 2); above, I_x(a, b) = 1 - I_(1 - x)(b, a).
  if (x > (a + 1) / (a + b + 2)) return 1 - computeByFraction(1 - x, b, a);
  return computeByFraction(x, a, b);
}

function computeByFraction(x: number, a: number, b: number): number {
  const logFront =
    computeLogGamma(a + b) - computeLogGamma(a) - computeLogGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
  let c = 1;
  let d = 1 / avoidZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= maximumTerms; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / avoidZero(1 + even * d);
    c = avoidZero(1 + even / c);
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / avoidZero(1 + odd * d);
    c = avoidZero(1 + odd / c);
    fraction *= c * d;
    if (Math.abs(c * d - 1) < precision) break;
  }
  return (Math.exp(logFront) * fraction) / a;
}

function avoidZero(value: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}
