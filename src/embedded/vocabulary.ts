// Words to token ids and back. An unknown word of an article gets a placeholder token, by order of appearance,
// so that the model can copy it and it comes back as the word itself. Beyond the placeholders it is `unknown`.
// It knows nothing of batches or of the model's arrays.

import { TrainerError } from "../errors.ts";
import { createTokenIds, type ModelShape, type TokenIds } from "./shape.ts";
import { joinTokens, readSpacing, type Spacing, spaceTokens, splitTokens } from "./tokens.ts";

export interface Vocabulary {
  readonly ids: TokenIds;
  readonly words: readonly string[];
  encodeArticle(text: string): EncodedArticle;
  /** Encodes a completion of an article; `cut` says that it did not fit and lost its end. */
  encodeCompletion(text: string, article: EncodedArticle): EncodedCompletion;
  /** Text of a completion's tokens, end token left out. */
  decode(tokens: readonly number[], article: EncodedArticle): string;
  /** The same text as one piece a token, each with the space before it; the end token has none. */
  decodePieces(tokens: readonly number[], article: EncodedArticle): readonly string[];
}

export interface EncodedArticle {
  readonly tokens: readonly number[];
  /** Unknown words by placeholder. */
  readonly placeholders: readonly string[];
  readonly spacing: Spacing;
  /** Tokens lost because the article is longer than the model's. */
  readonly cutCount: number;
  /** Tokens encoded as `unknown`, because the placeholders ran out. */
  readonly unknownCount: number;
}

export interface EncodedCompletion {
  /** With the end token, unless cut. */
  readonly tokens: readonly number[];
  readonly cut: boolean;
  /** Tokens encoded as `unknown`: neither a known word nor in the article. */
  readonly unknownCount: number;
}

/** Creates a vocabulary; throws TrainerError for a word that is not exactly one token, or stands twice. */
export function createVocabulary(words: readonly string[], shape: ModelShape): Vocabulary {
  const ids = createTokenIds(shape);
  const idByWord = createWordIndex(words, shape, ids.firstWord);
  const readTexts = (tokens: readonly number[], { placeholders }: EncodedArticle): readonly string[] =>
    tokens.flatMap((token) => {
      if (token >= ids.firstPlaceholder) return placeholders[token - ids.firstPlaceholder] ?? [];
      return words[token - ids.firstWord] ?? [];
    });
  const countUnknown = (tokens: readonly number[]): number => tokens.filter((token) => token === ids.unknown).length;

  return {
    ids,
    words,
    encodeArticle(text) {
      const all = splitTokens(text);
      const placeholders: string[] = [];
      const tokens = all.slice(0, shape.article).map((token) => {
        const known = idByWord.get(token);
        if (known !== undefined) return known;
        let index = placeholders.indexOf(token);
        if (index < 0 && placeholders.length < shape.placeholders) index = placeholders.push(token) - 1;
        return index < 0 ? ids.unknown : ids.firstPlaceholder + index;
      });
      const cutCount = all.length - tokens.length;
      return { tokens, placeholders, spacing: readSpacing(text), cutCount, unknownCount: countUnknown(tokens) };
    },
    encodeCompletion(text, { placeholders }) {
      const all = splitTokens(text);
      const tokens = all.slice(0, shape.completion).map((token) => {
        const index = placeholders.indexOf(token);
        return idByWord.get(token) ?? (index < 0 ? ids.unknown : ids.firstPlaceholder + index);
      });
      // The end token needs a place too; a completion that leaves none never ends.
      const cut = all.length >= shape.completion;
      return { tokens: cut ? tokens : [...tokens, ids.end], cut, unknownCount: countUnknown(tokens) };
    },
    decode: (tokens, article) => joinTokens(readTexts(tokens, article), article.spacing),
    decodePieces: (tokens, article) => spaceTokens(readTexts(tokens, article), article.spacing),
  };
}

/** Ids by word, after a look at every word. */
function createWordIndex(words: readonly string[], shape: ModelShape, firstWord: number): ReadonlyMap<string, number> {
  const refuse = (what: string, next: string): never => {
    throw new TrainerError(what, { where: "word list", next });
  };
  const idByWord = new Map<string, number>();
  for (const [index, word] of words.entries()) {
    const [token, ...rest] = splitTokens(word);
    const problem = idByWord.has(word) ? "stands twice" : token !== word || rest.length > 0 ? "is not one token" : null;
    const next = "give each word once, as one run of letters and digits or one other character";
    if (problem !== null) refuse(`${JSON.stringify(word)} ${problem}`, next);
    idByWord.set(word, firstWord + index);
  }
  if (words.length !== shape.words) {
    const what = `has ${words.length} words where the model's shape says ${shape.words}`;
    refuse(what, "take words and parameters from the same model file");
  }
  return idByWord;
}
