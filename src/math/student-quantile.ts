// The quantile of Student's t distribution for any positive degrees of freedom, fractions included
// (Satterthwaite's approximation gives fractions). The tail area is Abramowitz and Stegun (1964) 26.7.1 with 26.5.27.

import { computeIncompleteBeta } from "./incomplete-beta.ts";
import { computeNormalQuantile } from "./normal-quantile.ts";

/** Above this the distribution is normal to ten digits. */
const normalDegrees = 1e10;

/** The t with P(T <= t) = probability, for T with `degrees` degrees of freedom. */
export function computeStudentQuantile(probability: number, degrees: number): number {
  if (!(probability >= 0 && probability <= 1)) throw new RangeError(`${probability} is not a probability`);
  if (!(degrees > 0)) throw new RangeError(`degrees of freedom must be positive, not ${degrees}`);
  if (probability === 0.5) return 0;
  if (probability > 0.5) return -computeStudentQuantile(1 - probability, degrees);
  if (probability === 0) return -Infinity;
  if (degrees > normalDegrees) return computeNormalQuantile(probability);
  return -computeDistance(probability, degrees);
}

/** Solves tail(distance) = probability by bisection in the logarithm, which no shape of the tail can mislead. */
function computeDistance(probability: number, degrees: number): number {
  let low = 1e-300;
  let high = Math.max(1, -computeNormalQuantile(probability));
  while (computeTail(high, degrees) > probability) {
    low = high;
    high *= 2;
    if (high === Infinity) return Infinity;
  }
  if (computeTail(high / 2, degrees) > probability) low = Math.max(low, high / 2);
  for (let step = 0; step < 1100 && high - low > 4e-16 * high; step++) {
    const middle = low * 4 < high ? Math.sqrt(low) * Math.sqrt(high) : (low + high) / 2;
    if (computeTail(middle, degrees) > probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(T <= -distance), distance > 0. */
function computeTail(distance: number, degrees: number): number {
  return computeIncompleteBeta(degrees / (degrees + distance * distance), degrees / 2, 0.5) / 2;
}
