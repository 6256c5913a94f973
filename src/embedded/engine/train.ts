// Trains parameters on rows as they come: batches in order, warm-up, linear decay.
// Rows are held only where a later epoch needs them again. It knows no files and no threads.

import { computeSeed } from "../../keys/seed.ts";
import { createRandom, createShuffled } from "../../math/random.ts";
import type { TrainParams } from "../messages.ts";
import type { ModelShape, Parameters } from "../shape.ts";
import type { Vocabulary } from "../vocabulary.ts";
import { createBatch, type EncodedRow } from "./batch.ts";
import { createGradients, type GradientStep } from "./gradient.ts";
import { computeRate, createOptimizer } from "./optimizer.ts";

export interface TrainOptions {
  /** Moved in place. */
  readonly parameters: Parameters;
  readonly shape: ModelShape;
  readonly vocabulary: Vocabulary;
  readonly params: TrainParams;
  readonly rowCount: number;
  readonly seed: string;
  /** The compiled step for batches of params.batch rows. */
  readonly step: GradientStep;
  readonly isCancelled: () => boolean;
  readonly report: (done: number, total: number) => void;
}

/** Counts over all epochs. */
export interface Trained {
  readonly rows: number;
  readonly steps: number;
  readonly tokens: number;
  /** Mean over the last tenth of the steps, nats a token. */
  readonly loss: number;
}

/** Steps between two reports of progress, about 0.1 s. */
const reportEvery = 16;

/** Trains; returns early, with fewer steps than planned, once cancelled. */
export async function trainModel(rows: AsyncIterable<EncodedRow>, options: TrainOptions): Promise<Trained> {
  const { parameters, shape, vocabulary, params, step, isCancelled, report } = options;
  const steps = countSteps(params, options.rowCount);
  const gradients = createGradients(shape);
  const optimizer = createOptimizer(parameters);
  const lastTenth = steps - Math.ceil(steps / 10);
  let seen = 0;
  let done = 0;
  let tokens = 0;
  let sum = 0;
  for await (const chosen of listBatches(rows, steps, options)) {
    if (isCancelled()) break;
    const batch = createBatch(chosen, params.batch, { vocabulary, shape });
    const loss = step.run(parameters, gradients, batch);
    optimizer.step(gradients, computeRate(done, { steps, peak: params.rate, warmup: params.warmup }));
    if (done >= lastTenth) sum += loss;
    seen += chosen.length;
    tokens += batch.targetCount;
    done++;
    if (done % reportEvery === 0 || done === steps) report(done, steps);
  }
  return { rows: seen, steps: done, tokens, loss: done === 0 ? Number.NaN : sum / (steps - lastTenth) };
}

/** Steps when given, else as many as the epochs need. */
export function countSteps(params: TrainParams, rowCount: number): number {
  return params.steps ?? params.epochs * Math.ceil(rowCount / params.batch);
}

/** Batches of the first epoch in the given order, of later ones shuffled by (seed, epoch). */
async function* listBatches(
  rows: AsyncIterable<EncodedRow>,
  steps: number,
  { params, rowCount, seed }: TrainOptions,
): AsyncGenerator<readonly EncodedRow[]> {
  const again = steps > Math.ceil(rowCount / params.batch);
  const held: EncodedRow[] = [];
  let given = 0;
  let batch: EncodedRow[] = [];
  for await (const row of rows) {
    if (given === steps) return;
    if (again) held.push(row);
    batch.push(row);
    if (batch.length < params.batch) continue;
    yield batch;
    given++;
    batch = [];
  }
  if (batch.length > 0 && given < steps) {
    yield batch;
    given++;
  }
  for (let epoch = 1; given < steps && held.length > 0; epoch++) {
    const shuffled = createShuffled(held, createRandom(computeSeed("epoch", seed, epoch)));
    for (let first = 0; first < shuffled.length && given < steps; first += params.batch) {
      yield shuffled.slice(first, first + params.batch);
      given++;
    }
  }
}
