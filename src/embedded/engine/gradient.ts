// The loss of a batch and its gradient: front by hand, body compiled once a shape, embeddings scattered on the host.
// It knows nothing of optimisers, epochs or text.

import { jit, numpy as np, valueAndGrad } from "@jax-js/jax";
import { countPositions, listParameters, type ModelShape, type Parameters } from "../shape.ts";
import type { Batch } from "./batch.ts";
import { type BodyInput, type BodyParameters, bodyNames, computeTargetProbability, predict } from "./body.ts";
import { createFeeder, type Targets } from "./feed.ts";
import { addFrontGradients } from "./front.ts";
import { createBodyTensors, createTensor, readTensor } from "./tensors.ts";

type Tensor = np.Array;

/** Added to every probability: keeps the logarithm finite where the model holds a target for impossible. */
export const smallestProbability = 1e-20;

export interface GradientStep {
  /** Replaces `gradients` by those of the mean loss over the batch's targets; returns that mean, in nats. */
  run(parameters: Parameters, gradients: Parameters, batch: Batch): number;
}

/** What the loss is not differentiated by. */
type Constants = Omit<BodyInput, "h" | "y"> & Omit<Targets, "embeddings"> & { readonly weights: Tensor };

/** Creates arrays of zeros shaped as the parameters. */
export function createGradients(shape: ModelShape): Parameters {
  return Object.fromEntries(
    listParameters(shape).map(([name, rows, columns]) => [name, new Float32Array(rows * columns)]),
  );
}

/** Creates the step for batches of `rows` rows. */
export function createGradientStep(shape: ModelShape, rows: number): GradientStep {
  const { width, article, completion } = shape;
  const length = countPositions(shape);
  const feeder = createFeeder(shape, rows);
  const dy = new Float32Array(rows * length * width);
  const compiled = jit(valueAndGrad(createLoss(shape), { argnums: [0, 1, 2, 3] }));

  return {
    run(parameters, gradients, batch) {
      const { input, targets } = feeder.feed(parameters, batch);
      const { h, y, ...masks } = input;
      const { embeddings, ...marks } = targets;
      const mean = batch.weights.map((weight) => weight / batch.targetCount);
      const weights = createTensor(mean, [rows * completion, 1]);
      const body = createBodyTensors(parameters, shape);
      const constants = { ...masks, ...marks, weights };
      const [value, [dBody, dh, dTail, dTargets]] = compiled(body, h, y, embeddings, constants);

      // The embedding is read three times: as output weights, as input, as targets. The first replaces, the others add.
      for (const name of ["embedding", "position", "convolution"]) gradients[name]!.fill(0);
      for (const name of bodyNames) gradients[name]!.set(readTensor(dBody[name]));
      const tail = readTensor(dTail);
      dy.fill(0);
      for (let row = 0; row < rows; row++) {
        const start = row * completion * width;
        dy.set(tail.subarray(start, start + completion * width), (row * length + article) * width);
      }
      const { tokens } = batch;
      addFrontGradients(gradients, feeder.front, { parameters, shape, tokens, dh: readTensor(dh), dy });
      addTargetGradients(gradients.embedding!, readTensor(dTargets), batch.targets, width);
      return readTensor(value)[0]!;
    },
  };
}

/** Minus the weighted sum of ln p of the targets. */
function createLoss(shape: ModelShape) {
  return (parameters: BodyParameters, h: Tensor, y: Tensor, embeddings: Tensor, constants: Constants): Tensor => {
    const { attendMask, copyMask, matches, inVocabulary, weights } = constants;
    const prediction = predict(parameters, { h, y, attendMask, copyMask }, shape);
    const probability = computeTargetProbability(prediction, { embeddings, inVocabulary, matches });
    return np.sum(np.log(probability.add(smallestProbability)).mul(weights)).mul(-1);
  };
}

/** The scatter that jax-js has no gradient for. */
function addTargetGradients(
  dEmbedding: Float32Array,
  dTargets: Float32Array,
  targets: Uint16Array,
  width: number,
): void {
  for (const [i, target] of targets.entries()) {
    for (let k = 0; k < width; k++) dEmbedding[target * width + k]! += dTargets[i * width + k]!;
  }
}
