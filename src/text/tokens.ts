// Google's rouge_score tokenizer (0.1.2, tokenize.py): lower-case, then every run of a-z and 0-9 is a token.
// Lower-casing comes first: of all characters beyond ASCII, two have an ASCII letter in their lower-case form and count.
// computeTokens is the plain form; token-reader.ts finds the same tokens by code unit, without making strings.

import { computeStem } from "./stem.ts";

/** Only tokens longer than this are stemmed, as in rouge_score. */
export const unstemmedLength = 3;

/** The tokens of a text in order, stemmed by Porter's algorithm where `stemmer` is true. */
export function computeTokens(text: string, stemmer = false): string[] {
  const tokens: string[] = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return stemmer ? tokens.map((token) => (token.length > unstemmedLength ? computeStem(token) : token)) : tokens;
}

const separator = 0;
const kelvinSign = 0x212a;
const dottedCapitalI = 0x130;

/** The symbol of each ASCII code, 0 where it separates tokens. */
export const symbolByCode: Readonly<Uint8Array> = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code).toLowerCase();
  return /[a-z0-9]/.test(character) ? character.charCodeAt(0) : separator;
});

/** The symbol of a code beyond ASCII: U+212A lower-cases to "k", U+0130 to "i" and a combining dot. */
export function computeForeignSymbol(code: number): number {
  if (code === kelvinSign) return 0x6b;
  return code === dottedCapitalI ? 0x69 : separator;
}

/** Whether a token ends with this character even though it belongs to it: the combining dot of U+0130 separates. */
export function isLastOfToken(code: number): boolean {
  return code === dottedCapitalI;
}
