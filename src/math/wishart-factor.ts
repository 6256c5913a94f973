// A draw from the standard Wishart distribution as a triangular factor (Bartlett 1933; Anderson 2003, theorem
// 7.2.1): the law of the scatter of n Gaussian rows at a cost that does not depend on n.

import { createChiSquareDraw } from "./gamma-draw.ts";
import type { Random } from "./random.ts";

export interface WishartShape {
  readonly dimensions: number;
  /** A whole number; below `dimensions` the matrix is singular, as the scatter of too few rows is. */
  readonly degrees: number;
}

/**
 * The lower triangular A with A A' ~ Wishart(I, degrees), row-major, dimensions x dimensions.
 * The diagonal holds chi variables of degrees, degrees - 1, .. and the entries below it standard normals.
 * With fewer degrees than dimensions the factor is trapezoidal: the columns past `degrees` are zero
 * (Srivastava 2003, Annals of Statistics 31, on the singular case).
 */
export function createWishartFactor(shape: WishartShape, random: Random): Float64Array {
  const { dimensions, degrees } = shape;
  const factor = new Float64Array(dimensions * dimensions);
  for (let row = 0; row < dimensions; row++) {
    const columns = Math.min(row, degrees);
    for (let column = 0; column < columns; column++) factor[row * dimensions + column] = random.normal();
    if (row < degrees) factor[row * dimensions + row] = Math.sqrt(createChiSquareDraw(degrees - row, random));
  }
  return factor;
}
