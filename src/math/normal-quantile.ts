// The standard normal quantile: Acklam's rational approximation (2003, relative error below 1.15e-9)
// and one step of Halley's method on the distribution function, which brings it to double precision.

import { computeNormalCdf } from "./normal-cdf.ts";
import { computePolynomial } from "./polynomial.ts";

const central = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const centralBelow = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1, 1,
];
const outer = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const outerBelow = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1];
const squareRootTwoPi = 2.5066282746310002;

/** The z with P(Z <= z) = probability; -Infinity and Infinity at 0 and 1. */
export function computeNormalQuantile(probability: number): number {
  if (!(probability >= 0 && probability <= 1)) throw new RangeError(`${probability} is not a probability`);
  // The lower half is where the distribution function keeps its relative precision; the upper half mirrors it.
  if (probability > 0.5) return -computeNormalQuantile(1 - probability);
  if (probability === 0) return -Infinity;
  const start = computeStart(probability);
  const error = (computeNormalCdf(start) - probability) * squareRootTwoPi * Math.exp((start * start) / 2);
  return Number.isFinite(error) ? start - error / (1 + (start * error) / 2) : start;
}

function computeStart(probability: number): number {
  if (probability < 0.02425) {
    const radius = Math.sqrt(-2 * Math.log(probability));
    return computePolynomial(outer, radius) / computePolynomial(outerBelow, radius);
  }
  const offset = probability - 0.5;
  const square = offset * offset;
  return (offset * computePolynomial(central, square)) / computePolynomial(centralBelow, square);
}
