// What a prompt loses on its way into the model: encoded as the sampler encodes it, decoded, and compared.
// It runs no model and no thread.

import type { ReadRoundTrip } from "../domain/lint.ts";
import type { ModelShape } from "./shape.ts";
import { createVocabulary, type Vocabulary } from "./vocabulary.ts";

/** The word index is made with the first question: most processes never ask. */
export function createRoundTrip(words: readonly string[], shape: ModelShape): ReadRoundTrip {
  let vocabulary: Vocabulary | undefined;
  return (prompt) => {
    vocabulary ??= createVocabulary(words, shape);
    const article = vocabulary.encodeArticle(prompt);
    const { tokens, cutCount, unknownCount } = article;
    return { cutCount, unknownCount, isSame: vocabulary.decode(tokens, article) === prompt };
  };
}
