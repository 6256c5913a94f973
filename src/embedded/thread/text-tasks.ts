// Performs decoding and scoring on text: encode, run the engine, decode. It knows no files and no messages.

import { computeSeed } from "../../keys/seed.ts";
import { createRandom } from "../../math/random.ts";
import { encodeRow } from "../engine/batch.ts";
import type { DecodeOutcome, DecodeTask, ScoreOutcome, ScoreTask } from "../messages.ts";
import type { ModelCache } from "./model-cache.ts";

/** Decodes every prompt's draws; draw d of prompt p is seeded by (task seed, p, d) and by nothing else. */
export async function performDecode(
  task: DecodeTask,
  cache: ModelCache,
  isCancelled: () => boolean,
): Promise<readonly DecodeOutcome[]> {
  const { shape, vocabulary, parameters } = await cache.load(task.model);
  const requests = task.prompts.flatMap(({ id, text }) => {
    const article = vocabulary.encodeArticle(text);
    return Array.from({ length: task.draws }, (_, draw) => ({
      article,
      random: createRandom(computeSeed(task.seed, id, draw)),
    }));
  });
  const { temperature, topP, topK, maxTokens } = task;
  const options = { parameters, vocabulary, temperature, topP, topK, maxTokens, isCancelled };
  const decoded = cache.decoder(shape).run(requests, options);
  return decoded.map(({ tokens, finish, logProbabilities }, index) => ({
    text: vocabulary.decode(tokens, requests[index]!.article),
    finish,
    logProbabilities,
  }));
}

/** Scores every row as far as its completion fits the model. */
export async function performScore(
  task: ScoreTask,
  cache: ModelCache,
  isCancelled: () => boolean,
): Promise<readonly ScoreOutcome[]> {
  const { shape, vocabulary, parameters } = await cache.load(task.model);
  const cuts: boolean[] = [];
  const encoded = task.rows.map(({ prompt, completion }) => {
    const article = vocabulary.encodeArticle(prompt);
    const tokens = vocabulary.encodeCompletion(completion, article);
    cuts.push(tokens.cut);
    return encodeRow(article, tokens, { vocabulary, shape });
  });
  const terms = cache.scorer(shape).run(encoded, { parameters, vocabulary, isCancelled });
  return terms.map((logProbabilities, index) => ({ logProbabilities, cut: cuts[index]! }));
}
