// A polynomial by Horner's rule.

/** The value at x; coefficients from the highest power down. */
export function computePolynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (const coefficient of coefficients) sum = sum * x + coefficient;
  return sum;
}
