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
  const requests = task.prompts.flatMap(({ id, text, seeds }) => {
    const article = vocabulary.encodeArticle(text);
    return Array.from({ length: task.draws }, (_, draw) => ({
      article,
      random: createRandom(seeds?.[draw] ?? computeSeed(task.seed, id, draw)),
    }));
  });
  const { temperature, topP, topK, maxTokens } = task;
  const options = { parameters, vocabulary, temperature, topP, topK, maxTokens, isCancelled };
  const decoded = cache.decoder(shape).run(requests, options);
  return decoded.map(({ tokens, finish, logProbabilities }, index) => {
    const pieces = vocabulary.decodePieces(tokens, requests[index]!.article);
    const whole = { text: pieces.join(""), finish, logProbabilities };
    return cutAtStop(pieces, task.stop, whole) ?? whole;
  });
}

/**
 * A completion that writes one of the stop texts ended there: the text before it is left, with the terms of the tokens
 * that begin in that text. What was decoded beyond it changes nothing before it. undefined where none was written.
 */
function cutAtStop(
  pieces: readonly string[],
  stop: readonly string[],
  whole: DecodeOutcome,
): DecodeOutcome | undefined {
  const places = stop.map((text) => whole.text.indexOf(text)).filter((place) => place >= 0);
  if (places.length === 0) return undefined;
  const text = whole.text.slice(0, Math.min(...places));
  let [count, end] = [0, 0];
  for (const piece of pieces) {
    const begin = end + piece.length - piece.trimStart().length;
    if (begin >= text.length) break;
    end += piece.length;
    count += 1;
  }
  return { text, finish: "stop", logProbabilities: whole.logProbabilities.slice(0, count) };
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
