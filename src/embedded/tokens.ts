// Splits text into tokens and joins tokens into text. It knows no vocabulary: a token here is a string.
//
// A token is a run of letters and digits, which may hold single apostrophes, hyphens, points or commas between
// two of them (`don't`, `well-known`, `3.5`), or else one other character that is not white space.
// Case is kept. White space is not: text comes back with single spaces, and with punctuation either apart,
// as in tokenised corpora, or attached as in print, whichever the text it answers does.

const pattern = /[\p{L}\p{N}]+(?:['’.,-][\p{L}\p{N}]+)*|[^\s]/gu;
const attached = /[\p{L}\p{N}][.,;:!?]/u;

export type Spacing = "apart" | "attached";

export function splitTokens(text: string): readonly string[] {
  return text.match(pattern) ?? [];
}

/** How the text sets its punctuation. */
export function readSpacing(text: string): Spacing {
  return attached.test(text) ? "attached" : "apart";
}

/** Joins tokens; splitting the result gives the same tokens again. */
export function joinTokens(tokens: readonly string[], spacing: Spacing): string {
  if (spacing === "apart") return tokens.join(" ");
  let text = "";
  let previous = "";
  for (const token of tokens) {
    const close = text === "" || /^[.,;:!?)\]}%]$/.test(token) || /^[([{$£€]$/.test(previous);
    text += close ? token : ` ${token}`;
    previous = token;
  }
  return text;
}
