// One training step of the embedded model at its default size, batch 8, on one thread, beside the same step in JAX
// on the same rows from the same parameters: the losses must agree, or it is not the same model.

import { init } from "@jax-js/jax";
import { createNewswireRows } from "../src/datasets/newswire.ts";
import { readBase } from "../src/embedded/base.ts";
import { createBatch, encodeRow } from "../src/embedded/engine/batch.ts";
import { createDecoder } from "../src/embedded/engine/decode.ts";
import { createGradientStep, createGradients } from "../src/embedded/engine/gradient.ts";
import { computeRate, createOptimizer } from "../src/embedded/engine/optimizer.ts";
import { createRowScorer } from "../src/embedded/engine/score.ts";
import { listParameters } from "../src/embedded/shape.ts";
import { installInstanceCache } from "../src/embedded/thread/instances.ts";
import { createModelCache } from "../src/embedded/thread/model-cache.ts";
import { computeSeed } from "../src/keys/seed.ts";
import { createRandom } from "../src/math/random.ts";
import { peerName, trainWithPeer } from "./embedded-peer.ts";

const stepCount = 400;
const batchSize = 8;
const comparedSteps = 20;

export async function run() {
  installInstanceCache();
  await init("wasm");
  const { model } = await readBase("embedded:newswire");
  const { shape, vocabulary, parameters } = await createModelCache().load(model);
  const context = { vocabulary, shape };
  const rows = createNewswireRows({ split: "train", count: 800 });
  const encoded = rows.map(({ article, summary }) => {
    const tokens = vocabulary.encodeArticle(article);
    return encodeRow(tokens, vocabulary.encodeCompletion(summary, tokens), context);
  });
  const batches = Array.from({ length: encoded.length / batchSize }, (_, index) =>
    createBatch(encoded.slice(index * batchSize, (index + 1) * batchSize), batchSize, context),
  );
  const rates = Array.from({ length: stepCount }, (_, step) =>
    computeRate(step, { steps: stepCount, peak: 0.008, warmup: 10 }),
  );
  const peer = trainWithPeer({
    shape: { ...shape },
    ids: { ...vocabulary.ids },
    parameters: listParameters(shape),
    values: Float32Array.from(listParameters(shape).flatMap(([name]) => [...parameters[name]!])),
    batches: batches.map(({ tokens, targets }) => ({ tokens: [...tokens], targets: [...targets] })),
    rates,
  });

  const trained = Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, values.slice()]));
  const gradients = createGradients(shape);
  const optimizer = createOptimizer(trained);
  const step = createGradientStep(shape, batchSize);
  const losses: number[] = [];
  let start = { wall: 0, cpu: process.cpuUsage() };
  for (const [index, rate] of rates.entries()) {
    if (index === stepCount / 2) start = { wall: performance.now(), cpu: process.cpuUsage() };
    // Encoded rows become arrays within the step that is measured.
    const first = (index % batches.length) * batchSize;
    losses.push(step.run(trained, gradients, createBatch(encoded.slice(first, first + batchSize), batchSize, context)));
    optimizer.step(gradients, rate);
  }
  const ours = (performance.now() - start.wall) / (stepCount / 2);
  const { user, system } = process.cpuUsage(start.cpu);
  assertSame(losses, peer.losses);

  const plain = { parameters: trained, vocabulary, isCancelled: () => false };
  const decoder = createDecoder(shape);
  const requests = (draws: number) =>
    rows.slice(0, 400).flatMap(({ id, article }) =>
      Array.from({ length: draws }, (_, draw) => ({
        article: vocabulary.encodeArticle(article),
        random: createRandom(computeSeed("bench", id, draw)),
      })),
    );
  const decoding = { ...plain, temperature: 1, topK: null, topP: null, maxTokens: 16 };
  const scorer = createRowScorer(shape);
  return {
    name: "embedded",
    measured: `one training step of ${batchSize} rows on one thread, default model, second half of ${stepCount} steps`,
    unit: "ms",
    ours,
    peer: { name: peerName, value: peer.stepMs },
    ratio: ours / peer.stepMs,
    cpuMs: (user + system) / 1000 / (stepCount / 2),
    comparedSteps,
    decodedPerSecond: measureRate(() => decoder.run(requests(1), decoding).length),
    decodedPerSecondAt8Draws: measureRate(() => decoder.run(requests(8), decoding).length),
    scoredPerSecond: measureRate(() => scorer.run(encoded, plain).length),
  };
}

/** Rows a wall second, after one run to compile. */
function measureRate(perform: () => number): number {
  perform();
  const start = performance.now();
  return (perform() * 1000) / (performance.now() - start);
}

/** The two trainings drift apart as rounding grows; at first they are one. */
function assertSame(ours: readonly number[], theirs: readonly number[]): void {
  for (let step = 0; step < comparedSteps; step++) {
    if (Math.abs(ours[step]! - theirs[step]!) <= 1e-3 * theirs[step]!) continue;
    throw new Error(`the loss of step ${step} is ${ours[step]}, the peer's ${theirs[step]}`);
  }
}
