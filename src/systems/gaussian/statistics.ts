// The sufficient statistics of rows for a Gaussian: how many, their mean, their scatter about it.
// Batches are merged without their rows, so accumulating data costs the same at every generation.

export interface Statistics {
  readonly count: number;
  readonly mean: Float64Array;
  /** Sum of (x - mean)(x - mean)', row-major, symmetric. */
  readonly scatter: Float64Array;
}

/** Of rows stored one after another; two passes, so that a large mean costs no digits. */
export function computeStatistics(rows: Float64Array, dimensions: number): Statistics {
  const count = rows.length / dimensions;
  const mean = new Float64Array(dimensions);
  for (let index = 0; index < rows.length; index++) mean[index % dimensions]! += rows[index]!;
  for (let i = 0; i < dimensions; i++) mean[i]! /= count;

  const scatter = new Float64Array(dimensions * dimensions);
  const centred = new Float64Array(dimensions);
  for (let start = 0; start < rows.length; start += dimensions) {
    for (let i = 0; i < dimensions; i++) centred[i] = rows[start + i]! - mean[i]!;
    addSquare(scatter, centred, 1);
  }
  return { count, mean, scatter };
}

/** Of several batches taken together (Chan, Golub and LeVeque 1983, The American Statistician 37, equation 2.1). */
export function mergeStatistics(batches: readonly Statistics[], dimensions: number): Statistics {
  let count = 0;
  const mean = new Float64Array(dimensions);
  const scatter = new Float64Array(dimensions * dimensions);
  const difference = new Float64Array(dimensions);
  for (const batch of batches) {
    if (batch.count === 0) continue;
    const total = count + batch.count;
    for (let i = 0; i < dimensions; i++) {
      difference[i] = batch.mean[i]! - mean[i]!;
      mean[i]! += (difference[i]! * batch.count) / total;
    }
    for (let index = 0; index < scatter.length; index++) scatter[index]! += batch.scatter[index]!;
    addSquare(scatter, difference, (count * batch.count) / total);
    count = total;
  }
  return { count, mean, scatter };
}

/** scatter <- scatter + weight v v'. */
function addSquare(scatter: Float64Array, v: Float64Array, weight: number): void {
  for (let i = 0; i < v.length; i++) {
    const scaled = weight * v[i]!;
    for (let j = 0; j < v.length; j++) scatter[i * v.length + j]! += scaled * v[j]!;
  }
}
