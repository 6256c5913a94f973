// Performs training on text: loads or creates the parameters, encodes rows as they come, writes the trained model.
// It knows no messages; how rows come is handed in.

import { open } from "node:fs/promises";
import { StoreError, TrainerError } from "../../errors.ts";
import { computeSeed } from "../../keys/seed.ts";
import { createRandom } from "../../math/random.ts";
import { type EncodedRow, encodeRow } from "../engine/batch.ts";
import { trainModel } from "../engine/train.ts";
import type { Losses, TextRow, TrainOutcome, TrainTask } from "../messages.ts";
import { writeModelBytes } from "../model-file.ts";
import { createParameters } from "../shape.ts";
import { createVocabulary } from "../vocabulary.ts";
import { hideWords } from "./hiding.ts";
import type { LoadedModel, ModelCache } from "./model-cache.ts";

export interface TrainHooks {
  readonly isCancelled: () => boolean;
  /** The next rows; null after the last. */
  readonly pull: () => Promise<readonly TextRow[] | null>;
  readonly report: (done: number, total: number) => void;
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** Trains and writes the model; once cancelled it writes nothing. */
export async function performTrain(task: TrainTask, cache: ModelCache, hooks: TrainHooks): Promise<TrainOutcome> {
  const { params, rowCount, seed } = task;
  const model = await createStart(task, cache);
  const { shape, vocabulary, parameters } = model;
  const losses: Writable<Losses> = { cutArticles: 0, cutCompletions: 0, unknownTokens: 0 };
  const trained = await trainModel(encodeRows(model, task, { hooks, losses }), {
    ...{ parameters, shape, vocabulary, params, rowCount, seed },
    step: cache.gradientStep(shape, params.batch),
    isCancelled: hooks.isCancelled,
    report: hooks.report,
  });
  if (!hooks.isCancelled()) {
    if (!Number.isFinite(trained.loss)) {
      throw new TrainerError(`the training loss is ${trained.loss} after ${trained.steps} steps`, {
        where: task.file,
        next: "lower the learning rate, and check that the rows have completions",
      });
    }
    const bytes = writeModelBytes({ shape, words: vocabulary.words, parameters }, task.encoding);
    await writeSynced(task.file, bytes);
  }
  return { ...trained, losses };
}

/** What training moves: a copy, because loaded parameters are shared. */
async function createStart({ start, seed }: TrainTask, cache: ModelCache): Promise<LoadedModel> {
  if ("words" in start) {
    const { shape, words } = start;
    const parameters = createParameters(shape, createRandom(computeSeed("parameters", seed)));
    return { shape, vocabulary: createVocabulary(words, shape), parameters };
  }
  const { shape, vocabulary, parameters } = await cache.load(start);
  const copies = Object.entries(parameters).map(([name, values]) => [name, values.slice()]);
  return { shape, vocabulary, parameters: Object.fromEntries(copies) };
}

/** Encodes rows as they come and counts what does not fit. Hiding depends on (seed, position) alone. */
async function* encodeRows(
  { shape, vocabulary }: LoadedModel,
  { params, seed }: TrainTask,
  { hooks, losses }: { hooks: TrainHooks; losses: Writable<Losses> },
): AsyncGenerator<EncodedRow> {
  let index = 0;
  for (let rows = await hooks.pull(); rows !== null; rows = await hooks.pull()) {
    for (const { prompt, completion } of rows) {
      const whole = vocabulary.encodeArticle(prompt);
      const target = vocabulary.encodeCompletion(completion, whole);
      if (whole.cutCount > 0) losses.cutArticles++;
      if (target.cut) losses.cutCompletions++;
      losses.unknownTokens += whole.unknownCount + target.unknownCount;
      const random = createRandom(computeSeed("hidden", seed, index++));
      const hide = params.hidden > 0 && random.uniform() < params.hidden;
      const row = hide
        ? hideWords(whole, target, { vocabulary, shape, random })
        : { article: whole, completion: target };
      yield encodeRow(row.article, row.completion, { vocabulary, shape });
    }
  }
}

/** Resolves when the bytes are on disk. The file is a draft of the caller's and not there yet: nothing is written through a link. */
async function writeSynced(file: string, bytes: Uint8Array): Promise<void> {
  try {
    const handle = await open(file, "wx", 0o600);
    try {
      await handle.chmod(0o600);
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new StoreError("the model file cannot be written", {
      where: file,
      next: "make room on the disk, or choose a folder that can be written",
      cause,
    });
  }
}
