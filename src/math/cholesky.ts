// A factor of a symmetric positive semi-definite matrix by Cholesky's method with complete pivoting
// (Higham 1990, "Analysis of the Cholesky decomposition of a semi-definite matrix"). Semi-definite matrices matter
// here, because the covariance of fewer rows than dimensions is one, and without pivoting rounding would break them.

/**
 * A square F with F F' = matrix, row-major: a permuted lower triangle, whose last columns are zero where the rank
 * is below the dimension. Directions that hold less than rounding of the largest variance are dropped.
 * Throws RangeError for a matrix that is no covariance.
 */
export function computeCholesky(matrix: Float64Array, dimensions: number): Float64Array {
  const n = dimensions;
  const factor = new Float64Array(n * n);
  const remaining = Float64Array.from({ length: n }, (_, row) => matrix[row * n + row]!);
  const rounding = 8 * n * Number.EPSILON * remaining.reduce((most, value) => Math.max(most, value), 0);
  const isDone = new Uint8Array(n);
  for (let column = 0; column < n; column++) {
    const pivot = findLargest(remaining, isDone);
    if (!(remaining[pivot]! > rounding)) break;
    isDone[pivot] = 1;
    const root = Math.sqrt(remaining[pivot]!);
    factor[pivot * n + column] = root;
    for (let row = 0; row < n; row++) {
      if (isDone[row]) continue;
      let sum = matrix[row * n + pivot]!;
      for (let k = 0; k < column; k++) sum -= factor[row * n + k]! * factor[pivot * n + k]!;
      factor[row * n + column] = sum / root;
      remaining[row]! -= (sum / root) ** 2;
    }
  }
  for (let row = 0; row < n; row++) {
    if (isDone[row] || remaining[row]! >= -rounding) continue;
    throw new RangeError(`not positive semi-definite: ${remaining[row]} is left of the variance of row ${row}`);
  }
  return factor;
}

/** The first open row with the largest remaining variance; NaN is larger than anything, so that it is met and refused. */
function findLargest(remaining: Float64Array, isDone: Uint8Array): number {
  let largest = isDone.indexOf(0);
  for (let row = 0; row < remaining.length; row++) {
    if (!isDone[row] && !(remaining[row]! <= remaining[largest]!)) largest = row;
  }
  return largest;
}
