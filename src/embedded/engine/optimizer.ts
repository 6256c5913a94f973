// Adam on the host, with the gradient clipped to norm 1; Kingma and Ba 2015, algorithm 1.
// It knows arrays by name only, and nothing of what they mean.

import type { Parameters } from "../shape.ts";

const decays = { mean: 0.9, square: 0.99 } as const;
const epsilon = 1e-8;
const largestNorm = 1;

export interface Optimizer {
  /** Moves the parameters, in place, against the gradients. */
  step(gradients: Parameters, rate: number): void;
}

/** Creates an optimiser with its moments at zero; no weight decay. */
export function createOptimizer(parameters: Parameters): Optimizer {
  const states = Object.entries(parameters).map(([name, values]) => ({
    name,
    values,
    mean: new Float32Array(values.length),
    square: new Float32Array(values.length),
  }));
  let time = 0;
  return {
    step(gradients, rate) {
      time++;
      const factor = Math.min(1, largestNorm / computeNorm(gradients));
      const meanBias = 1 - decays.mean ** time;
      const pace = rate / meanBias;
      const squareBias = 1 / Math.sqrt(1 - decays.square ** time);
      for (const { name, values, mean, square } of states) {
        const gradient = gradients[name]!;
        for (let i = 0; i < values.length; i++) {
          const slope = gradient[i]! * factor;
          const first = decays.mean * mean[i]! + (1 - decays.mean) * slope;
          const second = decays.square * square[i]! + (1 - decays.square) * slope * slope;
          mean[i] = first;
          square[i] = second;
          values[i]! -= (pace * first) / (Math.sqrt(second) * squareBias + epsilon);
        }
      }
    },
  };
}

/** Linear warm-up, then linear decay to 0 after the last step; `step` counts from 0. */
export function computeRate(step: number, options: { steps: number; peak: number; warmup: number }): number {
  const { steps, peak, warmup } = options;
  return peak * Math.min(1, (step + 1) / Math.max(1, warmup)) * (1 - step / steps);
}

/** Norm of all gradients together; 1 where they are all zero, so that nothing is divided by it. */
function computeNorm(gradients: Parameters): number {
  let squares = 0;
  for (const gradient of Object.values(gradients)) squares += sumSquares(gradient);
  return Math.sqrt(squares) || 1;
}

/** Two sums side by side: one alone waits for itself, and an iterator is ten times slower. */
function sumSquares(values: Float32Array): number {
  let even = 0;
  let odd = 0;
  for (let i = 0; i + 1 < values.length; i += 2) {
    even += values[i]! * values[i]!;
    odd += values[i + 1]! * values[i + 1]!;
  }
  return even + odd;
}
