// What the compiled part is given for a batch: the front computed on the host, masks and targets, as tensors.
// Training and scoring share it. It knows no gradient and no probabilities.

import type { numpy as np } from "@jax-js/jax";
import { countPositions, type ModelShape, type Parameters } from "../shape.ts";
import type { Batch } from "./batch.ts";
import type { BodyInput } from "./body.ts";
import { createFront, type Front, runFront } from "./front.ts";
import { createTensor } from "./tensors.ts";

export interface Targets {
  /** Embeddings of the targets: [rows * queries, width]. */
  readonly embeddings: np.Array;
  readonly inVocabulary: np.Array;
  readonly matches: np.Array;
}

export interface Feeder {
  /** As the last feed left it; the gradient goes back through it. */
  readonly front: Front;
  /** Creates the tensors of a batch. Whoever is handed them consumes them. */
  feed(parameters: Parameters, batch: Batch): { readonly input: BodyInput; readonly targets: Targets };
}

/** Creates the buffers for batches of `rows` rows, once; they are used again for every batch. */
export function createFeeder(shape: ModelShape, rows: number): Feeder {
  const { width, heads, article, completion } = shape;
  const length = countPositions(shape);
  const queries = rows * completion;
  const front = createFront(shape, rows);
  const y = new Float32Array(queries * width);
  const embeddings = new Float32Array(queries * width);

  return {
    front,
    feed(parameters, { tokens, targets, attendMask, copyMask, inVocabulary, matches }) {
      for (let row = 0; row < rows; row++) {
        runFront(front, parameters, { shape, tokens, row, first: 0, last: length });
        const start = (row * length + article) * width;
        y.set(front.y.subarray(start, start + completion * width), row * completion * width);
      }
      for (const [i, target] of targets.entries()) {
        embeddings.set(parameters.embedding!.subarray(target * width, (target + 1) * width), i * width);
      }
      return {
        input: {
          h: createTensor(front.h, [rows, length, width]),
          y: createTensor(y, [queries, width]),
          attendMask: createTensor(attendMask, [rows, completion * heads, length]),
          copyMask: createTensor(copyMask, [rows, 1, article]),
        },
        targets: {
          embeddings: createTensor(embeddings, [queries, width]),
          inVocabulary: createTensor(inVocabulary, [queries, 1]),
          matches: createTensor(matches, [rows, completion, article]),
        },
      };
    },
  };
}
