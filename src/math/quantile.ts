// The sample quantile of definition 7 of Hyndman and Fan (1996, The American Statistician 50),
// the default of R and NumPy: linear interpolation at position (n - 1) p.

/** The quantile of values sorted in ascending order; NaN when there are none. */
export function computeQuantile(sorted: ArrayLike<number>, probability: number): number {
  if (!(probability >= 0 && probability <= 1)) throw new RangeError(`${probability} is not a probability`);
  if (sorted.length === 0) return Number.NaN;
  const position = (sorted.length - 1) * probability;
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  // Equal ends are returned as they are: interpolating between two infinities would give NaN.
  return low === high || position === below ? low : low + (high - low) * (position - below);
}
