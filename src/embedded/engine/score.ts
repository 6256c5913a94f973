// Log-probabilities of given completions, teacher-forced, without a gradient.
// It knows nothing of perplexity or of what the numbers are for.

import { jit } from "@jax-js/jax";
import type { ModelShape, Parameters } from "../shape.ts";
import type { Vocabulary } from "../vocabulary.ts";
import { createBatch, type EncodedRow } from "./batch.ts";
import { type BodyInput, type BodyParameters, computeTargetProbability, predict } from "./body.ts";
import { createFeeder, type Targets } from "./feed.ts";
import { smallestProbability } from "./gradient.ts";
import { createBodyTensors, disposeTensors, readTensor, shareTensors } from "./tensors.ts";

export interface RowScorer {
  /** ln p of every target of every row, in order; fewer rows once cancelled. */
  run(encoded: readonly EncodedRow[], options: ScoreOptions): Float64Array[];
}

export interface ScoreOptions {
  readonly parameters: Parameters;
  readonly vocabulary: Vocabulary;
  readonly isCancelled: () => boolean;
}

/** Rows computed at once; a short batch is padded, so that there is one shape to compile. */
const rows = 32;

export function createRowScorer(shape: ModelShape): RowScorer {
  const feeder = createFeeder(shape, rows);
  const compiled = jit((parameters: BodyParameters, input: BodyInput, targets: Targets) =>
    computeTargetProbability(predict(parameters, input, shape), targets),
  );

  return {
    run(encoded, { parameters, vocabulary, isCancelled }) {
      const results: Float64Array[] = [];
      const tensors = createBodyTensors(parameters, shape);
      for (let first = 0; first < encoded.length && !isCancelled(); first += rows) {
        const chosen = encoded.slice(first, first + rows);
        const { input, targets } = feeder.feed(parameters, createBatch(chosen, rows, { vocabulary, shape }));
        const probabilities = readTensor(compiled(shareTensors(tensors), input, targets));
        for (const [row, { targets: own }] of chosen.entries()) {
          const start = row * shape.completion;
          const terms = probabilities.subarray(start, start + own.length);
          // The logarithm is taken here in double precision: the compiled one is off by up to 1e-5.
          results.push(Float64Array.from(terms, (probability) => Math.log(probability + smallestProbability)));
        }
      }
      disposeTensors(tensors);
      return results;
    },
  };
}
