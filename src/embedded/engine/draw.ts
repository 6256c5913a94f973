// From a distribution over tokens to one token: greedy, temperature, top-k, top-p, in that order.
// It runs in double precision on the host and knows nothing of the model that gave the distribution.

import type { Random } from "../../math/random.ts";

export interface DrawOptions {
  /** 0 is greedy. */
  readonly temperature: number;
  /** Kept tokens; null for all. */
  readonly topK: number | null;
  /** Nucleus mass (Holtzman et al. 2020, section 3.1); null for all. */
  readonly topP: number | null;
}

/** Draws an index; weights need not sum to 1, and an index of weight 0 is never drawn. */
export function drawToken(weights: Float64Array, options: DrawOptions, random: Random): number {
  const { temperature, topK, topP } = options;
  if (temperature === 0) return findLargest(weights);
  const heated = temperature === 1 ? weights : heat(weights, temperature);
  const kept = topK === null && topP === null ? heated : truncate(heated, topK ?? heated.length, topP ?? 1);
  let total = 0;
  for (const weight of kept) total += weight;
  let left = random.uniform() * total;
  let last = 0;
  for (let index = 0; index < kept.length; index++) {
    const weight = kept[index]!;
    if (weight === 0) continue;
    last = index;
    left -= weight;
    if (left < 0) return index;
  }
  return last;
}

/** A power of the weights, of each divided by the largest, so that low temperatures stay within range. */
function heat(weights: Float64Array, temperature: number): Float64Array {
  const top = weights[findLargest(weights)]!;
  return weights.map((weight) => (weight / top) ** (1 / temperature));
}

/** Keeps the `topK` largest, and of them the fewest whose share reaches `topP`; ties go to the lower index. */
function truncate(weights: Float64Array, topK: number, topP: number): Float64Array {
  const order = Array.from(weights.keys()).sort((a, b) => weights[b]! - weights[a]! || a - b);
  const ranked = order.slice(0, topK);
  const total = ranked.reduce((sum, index) => sum + weights[index]!, 0);
  const kept = new Float64Array(weights.length);
  let mass = 0;
  for (const index of ranked) {
    if (mass >= topP * total) break;
    kept[index] = weights[index]!;
    mass += weights[index]!;
  }
  return kept;
}

function findLargest(weights: Float64Array): number {
  let top = 0;
  for (let index = 1; index < weights.length; index++) if (weights[index]! > weights[top]!) top = index;
  return top;
}
