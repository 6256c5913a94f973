// The shape of the embedded language model: its sizes, its token ids and the arrays its parameters are.
// It knows nothing of words or of how the arrays are used.
// A decoder-only pointer transformer of one layer; every size is a multiple of 4, because the kernels that
// jax-js compiles fall back to scalar code otherwise (T = 86 took 345 ms a step where T = 80 took 107).

import type { Random } from "../math/random.ts";

export interface ModelShape {
  /** Width of every hidden vector. */
  readonly width: number;
  readonly heads: number;
  /** Width of the feed-forward layer. */
  readonly hidden: number;
  /** Positions of the article; a longer one is cut. */
  readonly article: number;
  /** Positions of the completion, the end token included. */
  readonly completion: number;
  /** Tokens that stand for the unknown words of one article, in order of appearance. */
  readonly placeholders: number;
  /** Known words. */
  readonly words: number;
}

/** Parameters, or gradients, by name: plain arrays, row by row. */
export type Parameters = Readonly<Record<string, Float32Array>>;

export const defaultShape: Omit<ModelShape, "words"> = {
  width: 64,
  heads: 2,
  hidden: 128,
  article: 64,
  completion: 16,
  placeholders: 32,
};

export interface TokenIds {
  readonly end: number;
  readonly unknown: number;
  readonly firstWord: number;
  readonly firstPlaceholder: number;
  readonly padding: number;
  /** The one token between article and completion; it stands for the instruction. */
  readonly prompt: number;
  /** Tokens the vocabulary softmax covers: end, unknown and words. Placeholders are produced by copying alone. */
  readonly outputCount: number;
  readonly tokenCount: number;
}

export function createTokenIds(shape: ModelShape): TokenIds {
  const outputCount = roundUp(2 + shape.words);
  const padding = outputCount + shape.placeholders;
  return {
    end: 0,
    unknown: 1,
    firstWord: 2,
    firstPlaceholder: outputCount,
    padding,
    prompt: padding + 1,
    outputCount,
    tokenCount: roundUp(padding + 2),
  };
}

/** Positions of a whole row: article, then the prompt token, then all of the completion but its last token. */
export function countPositions(shape: ModelShape): number {
  return shape.article + shape.completion;
}

/** Rows and columns of every parameter array, in the order in which they are stored. */
export function listParameters(shape: ModelShape): readonly (readonly [string, number, number])[] {
  const { width, heads, hidden } = shape;
  return [
    ["embedding", createTokenIds(shape).tokenCount, width],
    ["position", countPositions(shape), width],
    ["convolution", 3, width],
    ["query", width, heads * width],
    ["output", heads * width, width],
    ["widen", width, hidden],
    ["narrow", hidden, width],
    ["copy", width, width],
    ["gate", width, 1],
    ["attendGain", 1, width],
    ["hiddenGain", 1, width],
    ["finalGain", 1, width],
  ];
}

/** Creates parameters to train from scratch. */
export function createParameters(shape: ModelShape, random: Random): Parameters {
  const parameters: Record<string, Float32Array> = {};
  for (const [name, rows, columns] of listParameters(shape)) {
    const deviation = deviations[name]! / (isMatrix(name) ? Math.sqrt(rows) : 1);
    parameters[name] = name.endsWith("Gain")
      ? new Float32Array(rows * columns).fill(1)
      : Float32Array.from({ length: rows * columns }, () => deviation * random.normal());
  }
  return parameters;
}

/** Standard deviations at the start; those of a matrix are divided by the root of its input width. */
const deviations: Readonly<Record<string, number>> = {
  embedding: 0.1,
  position: 0.02,
  convolution: 0.8,
  gate: 0.1,
  query: 0.5,
  copy: 0.5,
  widen: 1,
  output: 0.3,
  narrow: 0.3,
};

function isMatrix(name: string): boolean {
  return ["query", "copy", "widen", "output", "narrow"].includes(name);
}

function roundUp(count: number): number {
  return Math.ceil(count / 4) * 4;
}
