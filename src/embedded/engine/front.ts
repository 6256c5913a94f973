// The linear front of the model, by hand: embedding, position, causal depth-wise convolution, root mean square norm.
// It runs on the host because a gather has no gradient under jit, and at these sizes a loop here costs no more than
// the dispatch of one compiled kernel. It knows nothing of attention.
//
//   x[t] = E[token t] + P[t]      y[t] = x[t] + sum_{k<3} c[k] x[t-k]      h[t] = y[t] / sqrt(mean(y[t]^2) + 1e-5)

import { countPositions, type ModelShape, type Parameters } from "../shape.ts";

export const normEpsilon = 1e-5;
/** The token itself and the two before it: enough to say "the word after the one just copied". */
const taps = 3;

export interface Front {
  /** Embedded tokens, before the convolution. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** Normed: the keys and values of attention and copying. */
  readonly h: Float32Array;
}

/** Creates the buffers for `rows` rows. */
export function createFront(shape: ModelShape, rows: number): Front {
  const size = rows * countPositions(shape) * shape.width;
  return { x: new Float32Array(size), y: new Float32Array(size), h: new Float32Array(size) };
}

/** Computes positions `first` to `last` (exclusive) of one row; earlier positions of the row must be there already. */
export function runFront(
  front: Front,
  parameters: Parameters,
  options: { shape: ModelShape; tokens: Uint16Array; row: number; first: number; last: number },
): void {
  const { shape, tokens, row, first, last } = options;
  const { width } = shape;
  const embedding = parameters.embedding!;
  const position = parameters.position!;
  const convolution = parameters.convolution!;
  const { x, y, h } = front;
  // Sums run in double precision, so that a position computed alone is, to the bit, one computed with others.
  for (let t = first; t < last; t++) {
    const start = (row * countPositions(shape) + t) * width;
    const source = tokens[row * countPositions(shape) + t]! * width;
    for (let i = 0; i < width; i++) x[start + i] = embedding[source + i]! + position[t * width + i]!;
    let squares = 0;
    for (let i = 0; i < width; i++) {
      let sum = x[start + i]! * (1 + convolution[i]!);
      if (t > 0) sum += x[start - width + i]! * convolution[width + i]!;
      if (t > 1) sum += x[start - 2 * width + i]! * convolution[2 * width + i]!;
      y[start + i] = sum;
      squares += sum * sum;
    }
    const inverse = 1 / Math.sqrt(squares / width + normEpsilon);
    for (let i = 0; i < width; i++) h[start + i] = y[start + i]! * inverse;
  }
}

/** Adds the gradients of embedding, position and convolution, given those of h and of y. `dy` is overwritten. */
export function addFrontGradients(
  gradients: Parameters,
  front: Front,
  options: { parameters: Parameters; shape: ModelShape; tokens: Uint16Array; dh: Float32Array; dy: Float32Array },
): void {
  const { parameters, shape, tokens, dh, dy } = options;
  const { width } = shape;
  const length = countPositions(shape);
  const { x, y, h } = front;
  for (let at = 0; at < tokens.length; at++) addNormGradient(dy, { dh, y, h, width, start: at * width });

  // A position feeds itself and the two after it; nothing crosses from one row into the next.
  const convolution = parameters.convolution!;
  const dConvolution = gradients.convolution!;
  const dEmbedding = gradients.embedding!;
  const dPosition = gradients.position!;
  for (let at = 0; at < tokens.length; at++) {
    const t = at % length;
    const start = at * width;
    const target = tokens[at]! * width;
    for (let k = 0; k < taps && k <= t; k++) {
      for (let i = 0; i < width; i++) dConvolution[k * width + i]! += dy[start + i]! * x[start - k * width + i]!;
    }
    for (let i = 0; i < width; i++) {
      let sum = dy[start + i]! * (1 + convolution[i]!);
      if (t + 1 < length) sum += dy[start + width + i]! * convolution[width + i]!;
      if (t + 2 < length) sum += dy[start + 2 * width + i]! * convolution[2 * width + i]!;
      dEmbedding[target + i]! += sum;
      dPosition[t * width + i]! += sum;
    }
  }
}

/** dy += (dh - h mean(dh h)) / rms(y), Zhang and Sennrich 2019, section 3. */
function addNormGradient(
  dy: Float32Array,
  options: { dh: Float32Array; y: Float32Array; h: Float32Array; width: number; start: number },
): void {
  const { dh, y, h, width, start } = options;
  let squares = 0;
  let product = 0;
  for (let i = start; i < start + width; i++) {
    squares += y[i]! * y[i]!;
    product += dh[i]! * h[i]!;
  }
  const inverse = 1 / Math.sqrt(squares / width + normEpsilon);
  const mean = product / width;
  for (let i = start; i < start + width; i++) dy[i]! += (dh[i]! - h[i]! * mean) * inverse;
}
