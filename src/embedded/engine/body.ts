// The compiled part of the model in jax-js: attention, feed-forward layer, vocabulary softmax and copying.
// With one layer only the completion's positions need a query, so the rest of the sequence enters as keys alone,
// and the key and value projections are absorbed into the query's and the output's: attention reads h directly.
// It knows nothing of tokens, batches or training. Every use of an array consumes it; `.ref` keeps it.

import { lax, nn, numpy as np } from "@jax-js/jax";
import type { ModelShape } from "../shape.ts";
import { normEpsilon } from "./front.ts";

type Tensor = np.Array;

/** The parameters that the compiled part reads; `embedding` holds the output tokens only. */
export type BodyParameters = Readonly<Record<(typeof bodyNames)[number], Tensor>>;

export const bodyNames = [
  "embedding",
  "query",
  "output",
  "widen",
  "narrow",
  "copy",
  "gate",
  "attendGain",
  "hiddenGain",
  "finalGain",
] as const;

export interface BodyInput {
  /** Normed front of every position: [rows, positions, width]. */
  readonly h: Tensor;
  /** Front of the queried positions: [rows * queries, width]. */
  readonly y: Tensor;
  /** 0 where a query may attend, a large negative number where not: [rows, queries * heads, positions]. */
  readonly attendMask: Tensor;
  /** The same for copying: [rows, 1, article]. */
  readonly copyMask: Tensor;
}

export interface Prediction {
  /** The final hidden vector of each query: [rows * queries, width]. */
  readonly z: Tensor;
  /** Scores of the output tokens: [rows * queries, outputs]. */
  readonly logits: Tensor;
  /** Share of the vocabulary softmax in the mixture: [rows * queries, 1]. */
  readonly gate: Tensor;
  /** Probability of copying each article position: [rows, queries, article]. */
  readonly copies: Tensor;
}

/** See, Liu and Manning 2017, section 2.2: p = gate * vocabulary + (1 - gate) * copying. Returns the parts. */
export function predict(parameters: BodyParameters, input: BodyInput, shape: ModelShape): Prediction {
  const { width, heads, article } = shape;
  const { h, attendMask, copyMask } = input;
  const rows = h.shape[0]!;
  const queries = input.y.shape[0]! / rows;
  const scale = 1 / Math.sqrt(width);

  let y = input.y;
  const query = np.matmul(norm(y.ref, parameters.attendGain), parameters.query).reshape([rows, queries * heads, width]);
  const scores = np.einsum("bqd,bkd->bqk", query, h.ref).mul(scale).add(attendMask);
  const attended = np.einsum("bqk,bkd->bqd", softmax(scores), h.ref).reshape([rows * queries, heads * width]);
  y = y.add(np.matmul(attended, parameters.output));

  const hidden = np.matmul(norm(y.ref, parameters.hiddenGain), parameters.widen);
  y = y.add(np.matmul(nn.silu(hidden), parameters.narrow));
  const z = norm(y, parameters.finalGain);

  const pointer = np.matmul(z.ref, parameters.copy).reshape([rows, queries, width]);
  const keys = h.slice([], [0, article], []);
  const copies = softmax(np.einsum("bqd,bkd->bqk", pointer, keys).mul(scale).add(copyMask));
  const gate = nn.sigmoid(np.matmul(z.ref, parameters.gate));
  const logits = np.matmul(z.ref, np.transpose(parameters.embedding));
  return { z, logits, gate, copies };
}

/**
 * Probability of one target a query: [rows * queries, 1].
 * `targets` are the embeddings of the targets, `inVocabulary` is 0 for a placeholder, which has no vocabulary part,
 * and `matches` marks the article positions that hold the target.
 */
export function computeTargetProbability(
  prediction: Prediction,
  targets: { readonly embeddings: Tensor; readonly inVocabulary: Tensor; readonly matches: Tensor },
): Tensor {
  const { z, logits, gate, copies } = prediction;
  const top = lax.stopGradient(np.max(logits.ref, -1, { keepdims: true }));
  const total = np.sum(exponential(logits.sub(top.ref)), -1, { keepdims: true });
  const logit = np.sum(z.mul(targets.embeddings), -1, { keepdims: true });
  const vocabulary = np.exp(logit.sub(top)).mul(np.reciprocal(total)).mul(targets.inVocabulary);
  const copied = np.sum(copies.mul(targets.matches), -1).reshape(gate.shape);
  return gate.ref.mul(vocabulary).add(np.subtract(1, gate).mul(copied));
}

export function softmax(scores: Tensor): Tensor {
  const top = lax.stopGradient(np.max(scores.ref, -1, { keepdims: true }));
  const powers = exponential(scores.sub(top));
  return powers.ref.mul(np.reciprocal(np.sum(powers, -1, { keepdims: true })));
}

/** Root mean square norm with a learned gain; Zhang and Sennrich 2019, formula 4. */
function norm(x: Tensor, gain: Tensor): Tensor {
  const squares = np.mean(np.square(x.ref), -1, { keepdims: true });
  return x.mul(np.reciprocal(np.sqrt(squares.add(normEpsilon)))).mul(gain);
}

/**
 * e^x for x <= 0, as (Taylor of e^(x/32))^32: jax-js has no vector instruction for exp, and this is four times faster.
 * Relative error under 5e-6 down to x = -16; below -64 it stays at e^-64. Its derivative is itself.
 */
function exponential(x: Tensor): Tensor {
  const y = lax.stopGradient(np.maximum(x.ref, -64)).mul(1 / 32);
  let power = y.ref.mul(1 / 40320).add(1 / 5040);
  for (const coefficient of [1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1]) power = power.mul(y.ref).add(coefficient);
  power = power.mul(y).add(1);
  for (let squaring = 0; squaring < 5; squaring++) power = np.square(power);
  return lax.stopGradient(power).mul(x.ref.sub(lax.stopGradient(x)).add(1));
}
