// The test loss: nats a token of the real summaries under the model, completion only, end token included.

import type { TextMetric } from "../../domain/metric.ts";
import { createItemResampler, measureItems, type ResampleItems } from "../intervals/measure.ts";

export function createLossMetric(resample: ResampleItems = createItemResampler()): TextMetric {
  return {
    version: 1,
    metrics: [{ name: "loss", basis: "gold", better: "lower" }],
    async measure(candidates, seed) {
      const nats: number[] = [];
      const tokens: number[] = [];
      for await (const { row, candidate } of candidates) {
        if (candidate.logProbability === null) throw new TypeError(`test row ${row.id} has no log-probability`);
        nats.push(-candidate.logProbability);
        tokens.push(candidate.tokenCount);
      }
      return [measureItems("loss", computeItemLosses(nats, tokens), resample(nats.length, seed))];
    },
  };
}

/**
 * One value a text, whose mean is the nats of all texts by their tokens. That loss is a ratio of two sums, so a text
 * moves it by its nats above what its tokens would cost at that loss (the linearised ratio of Cochran 1977, section 6.3).
 */
export function computeItemLosses(nats: readonly number[], tokens: readonly number[]): Float64Array {
  const tokenCount = tokens.reduce((sum, count) => sum + count, 0);
  if (tokenCount === 0) throw new RangeError("a loss needs at least one token");
  const loss = nats.reduce((sum, value) => sum + value, 0) / tokenCount;
  if (!Number.isFinite(loss)) return new Float64Array(nats.length).fill(loss);
  const meanTokens = tokenCount / nats.length;
  return Float64Array.from(nats, (value, index) => loss + (value - loss * tokens[index]!) / meanTokens);
}
