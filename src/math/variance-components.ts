// The variance of the mean of a table value[seed][item] when both seeds and items are samples: the two-way
// random-effects analysis of variance with one observation a cell (Searle, Casella and McCulloch 1992, chapter 4).

export interface VarianceComponents {
  readonly mean: number;
  /** The variance of the mean, over new seeds and new items. */
  readonly variance: number;
  /** Satterthwaite's (1946) degrees of freedom of that variance. */
  readonly degrees: number;
}

/** At least two rows of equal length; with one item the seeds alone decide. */
export function computeVarianceComponents(values: readonly Float64Array[]): VarianceComponents {
  const seeds = values.length;
  const items = values[0]?.length ?? 0;
  const rowMeans = values.map((row) => row.reduce((sum, value) => sum + value, 0) / items);
  const columnMeans = new Float64Array(items);
  for (const row of values) for (let item = 0; item < items; item++) columnMeans[item]! += row[item]! / seeds;
  const mean = rowMeans.reduce((sum, value) => sum + value, 0) / seeds;

  let residual = 0;
  for (const [seed, row] of values.entries()) {
    const shift = rowMeans[seed]! - mean;
    for (let item = 0; item < items; item++) residual += (row[item]! - columnMeans[item]! - shift) ** 2;
  }
  const bySeeds = computeSquares(rowMeans, mean) / ((seeds - 1) * seeds);
  const byItems = items > 1 ? computeSquares(columnMeans, mean) / ((items - 1) * items) : 0;
  const byCells = items > 1 ? residual / ((seeds - 1) * (items - 1) * seeds * items) : 0;
  return { mean, ...combine({ bySeeds, byItems, byCells }, seeds, items) };
}

function computeSquares(values: ArrayLike<number>, mean: number): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += (values[index]! - mean) ** 2;
  return sum;
}

/**
 * bySeeds estimates var(seed)/S + var(cell)/(S I), byItems var(item)/I + var(cell)/(S I): their sum counts the cells
 * twice. The difference can fall below either term by chance; no variance of the mean is smaller than they are.
 */
function combine(
  parts: { readonly bySeeds: number; readonly byItems: number; readonly byCells: number },
  seeds: number,
  items: number,
): { readonly variance: number; readonly degrees: number } {
  const { bySeeds, byItems, byCells } = parts;
  const sum = bySeeds + byItems - byCells;
  if (sum <= Math.max(bySeeds, byItems)) {
    return bySeeds >= byItems ? { variance: bySeeds, degrees: seeds - 1 } : { variance: byItems, degrees: items - 1 };
  }
  const spread = bySeeds ** 2 / (seeds - 1) + byItems ** 2 / (items - 1) + byCells ** 2 / ((seeds - 1) * (items - 1));
  return { variance: sum, degrees: Math.max(1, Math.min(sum ** 2 / spread, seeds * items)) };
}
