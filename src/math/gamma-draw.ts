// Draws from the gamma and chi-square distributions by Marsaglia and Tsang (2000, "A simple method for
// generating gamma variables", ACM Transactions on Mathematical Software 26).

import type { Random } from "./random.ts";

/** One draw from the gamma distribution with this shape and scale 1. */
export function createGammaDraw(shape: number, random: Random): number {
  if (!(shape > 0)) throw new RangeError(`the shape of a gamma distribution must be positive, not ${shape}`);
  // Section 6 of the paper: below 1, a draw of shape + 1 times U^(1 / shape).
  if (shape < 1) return createGammaDraw(shape + 1, random) * (1 - random.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root;
    // 1 - U lies on (0, 1], so its logarithm is finite.
    const u = 1 - random.uniform();
    // The squeeze accepts most draws without a logarithm.
    if (u < 1 - 0.0331 * x ** 4) return d * v;
    if (Math.log(u) < 0.5 * x * x + d * (1 - v + Math.log(v))) return d * v;
  }
}

/** One draw from the chi-square distribution, degrees > 0. */
export function createChiSquareDraw(degrees: number, random: Random): number {
  return 2 * createGammaDraw(degrees / 2, random);
}
