// The models a worker has at hand, by digest, and the functions compiled for their shapes.
// A file is read once and checked against the digest it was asked for; parameters handed out are never changed.

import { readFile } from "node:fs/promises";
import { StoreError } from "../../errors.ts";
import { computeDigest, computeKey } from "../../keys/digest.ts";
import { createDecoder, type Decoder } from "../engine/decode.ts";
import { createGradientStep, type GradientStep } from "../engine/gradient.ts";
import { createRowScorer, type RowScorer } from "../engine/score.ts";
import type { ModelReference } from "../messages.ts";
import { readModelBytes } from "../model-file.ts";
import type { ModelShape, Parameters } from "../shape.ts";
import { createVocabulary, type Vocabulary } from "../vocabulary.ts";

/** Shared by every task that asks for the model. */
export interface LoadedModel {
  readonly shape: ModelShape;
  readonly vocabulary: Vocabulary;
  readonly parameters: Parameters;
}

export interface ModelCache {
  load(reference: ModelReference): Promise<LoadedModel>;
  decoder(shape: ModelShape): Decoder;
  scorer(shape: ModelShape): RowScorer;
  gradientStep(shape: ModelShape, rows: number): GradientStep;
}

/** Models kept; one is 0.4 MB. */
const capacity = 8;

/** Creates an empty cache; the model longest unused goes first. */
export function createModelCache(): ModelCache {
  const models = new Map<string, LoadedModel>();
  const compiled = new Map<string, unknown>();
  const once = <Value>(name: string, create: () => Value): Value => {
    if (!compiled.has(name)) compiled.set(name, create());
    return compiled.get(name) as Value;
  };
  return {
    async load(reference) {
      const model = models.get(reference.digest) ?? (await readModel(reference));
      models.delete(reference.digest);
      models.set(reference.digest, model);
      const oldest = models.keys().next().value;
      if (models.size > capacity && oldest !== undefined) models.delete(oldest);
      return model;
    },
    decoder: (shape) => once(`decoder ${computeKey(shape)}`, () => createDecoder(shape)),
    scorer: (shape) => once(`scorer ${computeKey(shape)}`, () => createRowScorer(shape)),
    gradientStep: (shape, rows) => once(`gradient ${rows} ${computeKey(shape)}`, () => createGradientStep(shape, rows)),
  };
}

/** The digest asked for covers the whole file, the one within it names the damage. */
async function readModel({ file, digest }: ModelReference): Promise<LoadedModel> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    const next = "restore the file from its source, or train the model again";
    throw new StoreError("the model file cannot be read", { where: file, next, cause });
  });
  const { shape, words, parameters } = readModelBytes(bytes, file);
  if (computeDigest(bytes) !== digest) {
    const next = "restore the file from its source, or train the model again";
    throw new StoreError(`is another model than the one asked for, ${digest.slice(0, 12)}`, { where: file, next });
  }
  return { shape, vocabulary: createVocabulary(words, shape), parameters };
}
