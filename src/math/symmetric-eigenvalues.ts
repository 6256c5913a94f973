// The eigenvalues of a real symmetric matrix, without vectors: Householder's reduction to a tridiagonal
// matrix, then QL with implicit shifts (Martin, Reinsch and Wilkinson 1968; Golub and Van Loan 2013, section 8.3).

/** Enough for any matrix met in practice: the method takes about two turns an eigenvalue. */
const maximumTurns = 60;

/** The eigenvalues in ascending order; only the lower triangle of the row-major matrix is read. */
export function computeSymmetricEigenvalues(matrix: Float64Array, dimensions: number): Float64Array {
  const diagonal = new Float64Array(dimensions);
  const below = new Float64Array(dimensions);
  reduceToTridiagonal(Float64Array.from(matrix), { diagonal, below });
  solveTridiagonal(diagonal, below);
  return diagonal.sort();
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** below[i] stands left of diagonal[i]; below[0] is unused. */
  readonly below: Float64Array;
}

/** Overwrites `a`. Works from the last row upwards, each step clearing one row left of its subdiagonal. */
function reduceToTridiagonal(a: Float64Array, result: Tridiagonal): void {
  const n = result.diagonal.length;
  for (let row = n - 1; row >= 1; row--) {
    const start = row * n;
    let norm = 0;
    for (let k = 0; k < row - 1; k++) norm = Math.max(norm, Math.abs(a[start + k]!));
    const last = a[start + row - 1]!;
    if (norm === 0) {
      result.below[row] = last;
      continue;
    }
    let sum = last * last;
    for (let k = 0; k < row - 1; k++) sum += a[start + k]! ** 2;
    const root = last >= 0 ? -Math.sqrt(sum) : Math.sqrt(sum);
    result.below[row] = root;
    a[start + row - 1] = last - root;
    applyReflection(a, { n, row, halfSquare: sum - last * root }, result.below);
  }
  for (let row = 0; row < n; row++) result.diagonal[row] = a[row * n + row]!;
}

/** A <- P A P with P = I - u u' / halfSquare, u in the row's first entries; `below` lends its unused part. */
function applyReflection(
  a: Float64Array,
  step: { readonly n: number; readonly row: number; readonly halfSquare: number },
  below: Float64Array,
): void {
  const { n, row, halfSquare } = step;
  const u = a.subarray(row * n, row * n + row);
  const p = below.subarray(0, row);
  let product = 0;
  for (let i = 0; i < row; i++) {
    let sum = 0;
    for (let k = 0; k <= i; k++) sum += a[i * n + k]! * u[k]!;
    for (let k = i + 1; k < row; k++) sum += a[k * n + i]! * u[k]!;
    p[i] = sum / halfSquare;
    product += p[i]! * u[i]!;
  }
  const half = product / (2 * halfSquare);
  for (let i = 0; i < row; i++) p[i] = p[i]! - half * u[i]!;
  for (let i = 0; i < row; i++) {
    for (let k = 0; k <= i; k++) a[i * n + k] = a[i * n + k]! - u[i]! * p[k]! - p[i]! * u[k]!;
  }
}

/** Replaces the diagonal by the eigenvalues. */
function solveTridiagonal(diagonal: Float64Array, below: Float64Array): void {
  const n = diagonal.length;
  below.copyWithin(0, 1);
  if (n > 0) below[n - 1] = 0;
  for (let first = 0; first < n; first++) {
    for (let turn = 0; ; turn++) {
      const end = findSplit(diagonal, below, first);
      if (end === first) break;
      if (turn === maximumTurns) throw new RangeError("the eigenvalues did not converge: is every entry finite?");
      turnOnce({ diagonal, below }, first, end);
    }
  }
}

/** The first index from `first` whose subdiagonal entry is negligible. */
function findSplit(diagonal: Float64Array, below: Float64Array, first: number): number {
  let end = first;
  while (end < diagonal.length - 1) {
    const scale = Math.abs(diagonal[end]!) + Math.abs(diagonal[end + 1]!);
    if (Math.abs(below[end]!) <= Number.EPSILON * scale) break;
    end += 1;
  }
  return end;
}

/** One QL sweep on rows first .. end with Wilkinson's shift. */
function turnOnce({ diagonal, below }: Tridiagonal, first: number, end: number): void {
  const ratio = (diagonal[first + 1]! - diagonal[first]!) / (2 * below[first]!);
  const radius = Math.hypot(ratio, 1);
  let g = diagonal[end]! - diagonal[first]! + below[first]! / (ratio + (ratio >= 0 ? radius : -radius));
  let sine = 1;
  let cosine = 1;
  let carried = 0;
  for (let i = end - 1; i >= first; i--) {
    const f = sine * below[i]!;
    const b = cosine * below[i]!;
    const length = Math.hypot(f, g);
    below[i + 1] = length;
    if (length === 0) {
      diagonal[i + 1] = diagonal[i + 1]! - carried;
      below[end] = 0;
      return;
    }
    sine = f / length;
    cosine = g / length;
    g = diagonal[i + 1]! - carried;
    const turned = (diagonal[i]! - g) * sine + 2 * cosine * b;
    carried = sine * turned;
    diagonal[i + 1] = g + carried;
    g = cosine * turned - b;
  }
  diagonal[first] = diagonal[first]! - carried;
  below[first] = g;
  below[end] = 0;
}
