// Mean and variance in one pass (Welford 1962, Technometrics 4), stable however large the mean is.

export interface Moments {
  readonly count: number;
  /** NaN when there is no value. */
  readonly mean: number;
  /** Unbiased (divisor count - 1); NaN below two values. */
  readonly variance: number;
}

/** Count, mean and unbiased variance of the values. */
export function computeMoments(values: ArrayLike<number>): Moments {
  let mean = 0;
  let squares = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    const delta = value - mean;
    mean += delta / (index + 1);
    squares += delta * (value - mean);
  }
  const count = values.length;
  if (!Number.isFinite(mean)) mean = computePlainMean(values);
  return { count, mean: count > 0 ? mean : Number.NaN, variance: count > 1 ? squares / (count - 1) : Number.NaN };
}

/** What the update cannot give once it has met an infinity: the mean is then infinite too, not NaN. */
function computePlainMean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]!;
  return sum / values.length;
}
