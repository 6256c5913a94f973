// Log-probabilities beside the pieces of text they belong to. The pieces of a text are always the whole text; the end token,
// where it was produced, has the empty piece behind it.

import { computeCharacterCount } from "../../text/input/character-count.ts";

export interface SpelledTokens {
  readonly tokens: readonly string[];
  /** null where a token was given and not scored. */
  readonly terms: readonly (number | null)[];
  /** Where each piece begins, in characters, as Python counts them. */
  readonly offsets: readonly number[];
}

/** `pieces` are those of the text without the end token; `terms` has one more where that was produced. */
export function spell(
  pieces: readonly string[],
  terms: readonly (number | null)[] | Float64Array,
  start = 0,
): SpelledTokens {
  const offsets: number[] = [];
  let offset = start;
  // A text that a stop text has cut may fall into more pieces than it has tokens: they share the last one.
  const tokens = Array.from(terms, (_, at) => {
    const piece = at === terms.length - 1 ? pieces.slice(at).join("") : (pieces[at] ?? "");
    offsets.push(offset);
    offset += computeCharacterCount(piece);
    return piece;
  });
  return { tokens, terms: Array.from(terms), offsets };
}
