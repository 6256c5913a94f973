// A language of 24 words for the embedded model: who bought what where, told in two sentences, and its headline.
// Small enough to be learned in seconds, with names that are not in the word list.

import { init } from "@jax-js/jax";
import type { EncodedRow } from "../../src/embedded/engine/batch.ts";
import { createBatch, encodeRow } from "../../src/embedded/engine/batch.ts";
import { createGradientStep, createGradients } from "../../src/embedded/engine/gradient.ts";
import { computeRate, createOptimizer } from "../../src/embedded/engine/optimizer.ts";
import { createParameters, type ModelShape, type Parameters } from "../../src/embedded/shape.ts";
import { createVocabulary } from "../../src/embedded/vocabulary.ts";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom } from "../../src/math/random.ts";

const names = ["ada", "ben", "cleo", "dan", "eve", "finn"];
const things = ["boat", "house", "horse", "clock"];
const places = ["rome", "oslo", "lima"];

export const toyWords = [
  ...names,
  ...things,
  ...places,
  "the",
  "a",
  "bought",
  "sold",
  "in",
  "on",
  "monday",
  ".",
  ",",
  "gets",
  "drops",
];

export const toyShape: ModelShape = {
  width: 16,
  heads: 2,
  hidden: 16,
  article: 20,
  completion: 8,
  placeholders: 4,
  words: toyWords.length,
};

export const toyVocabulary = createVocabulary(toyWords, toyShape);

export interface ToyRow {
  readonly id: string;
  readonly prompt: string;
  readonly completion: string;
}

/** `seed` makes other rows; `isStrange` gives the buyer a name that is not in the word list. */
export function createToyRows(count: number, { seed = 0, isStrange = false } = {}): ToyRow[] {
  return Array.from({ length: count }, (_, index) => {
    const random = createRandom(computeSeed("toy", seed, index));
    const pick = (list: readonly string[]): string => list[random.integer(list.length)]!;
    const who = isStrange ? `x${index}y` : pick(names);
    const [thing, place, other] = [pick(things), pick(places), pick(names)];
    const buys = random.uniform() < 0.5;
    const prompt = `${who} ${buys ? "bought" : "sold"} a ${thing} in ${place} . on monday , ${other} sold the ${pick(things)} .`;
    return { id: `toy-${seed}-${index}`, prompt, completion: `${who} ${buys ? "gets" : "drops"} ${thing} in ${place}` };
  });
}

export function encodeToyRow({ prompt, completion }: Omit<ToyRow, "id">): EncodedRow {
  const article = toyVocabulary.encodeArticle(prompt);
  const target = toyVocabulary.encodeCompletion(completion, article);
  return encodeRow(article, target, { vocabulary: toyVocabulary, shape: toyShape });
}

/** Trains toy parameters in this thread. */
export async function createToyParameters(steps: number): Promise<{ parameters: Parameters; losses: number[] }> {
  await init("wasm");
  const rows = createToyRows(steps * 8).map(encodeToyRow);
  const parameters = createParameters(toyShape, createRandom(computeSeed("toy parameters")));
  const gradients = createGradients(toyShape);
  const optimizer = createOptimizer(parameters);
  const step = createGradientStep(toyShape, 8);
  const losses: number[] = [];
  for (let index = 0; index < steps; index++) {
    const batch = createBatch(rows.slice(index * 8, index * 8 + 8), 8, { vocabulary: toyVocabulary, shape: toyShape });
    losses.push(step.run(parameters, gradients, batch));
    optimizer.step(gradients, computeRate(index, { steps, peak: 0.02, warmup: 10 }));
  }
  return { parameters, losses };
}
