// Hides known words of a row behind placeholders, so that a base model learns to copy what it has never seen.
// It changes tokens only, article and completion alike.

import { createShuffled, type Random } from "../../math/random.ts";
import type { ModelShape } from "../shape.ts";
import type { EncodedArticle, EncodedCompletion, Vocabulary } from "../vocabulary.ts";

/** Largest share of an article's distinct words that is hidden; the share itself is uniform below it. */
const largestShare = 0.5;

export function hideWords(
  article: EncodedArticle,
  completion: EncodedCompletion,
  { vocabulary, shape, random }: { vocabulary: Vocabulary; shape: ModelShape; random: Random },
): { readonly article: EncodedArticle; readonly completion: EncodedCompletion } {
  const { firstPlaceholder, firstWord } = vocabulary.ids;
  const share = largestShare * random.uniform();
  const all = Array.from({ length: shape.placeholders }, (_, index) => firstPlaceholder + index);
  const used = new Set(article.tokens);
  const free = createShuffled(
    all.filter((placeholder) => !used.has(placeholder)),
    random,
  );
  const hidden = new Map<number, number>();
  for (const token of used) {
    if (token < firstWord || token >= firstPlaceholder || random.uniform() >= share) continue;
    const placeholder = free.pop();
    if (placeholder !== undefined) hidden.set(token, placeholder);
  }
  const replace = (token: number): number => hidden.get(token) ?? token;
  return {
    article: { ...article, tokens: article.tokens.map(replace) },
    completion: { ...completion, tokens: completion.tokens.map(replace) },
  };
}
