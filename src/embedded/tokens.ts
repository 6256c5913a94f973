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

/** Cuts a text into one piece a token; each brings the white space before it, the last one what follows as well. */
export function splitPieces(text: string): readonly string[] {
  const ends = Array.from(text.matchAll(pattern), ({ 0: token, index }) => index + token.length);
  return ends.map((end, at) => text.slice(ends[at - 1] ?? 0, at === ends.length - 1 ? text.length : end));
}

/** Joins tokens; splitting the result gives the same tokens again. */
export function joinTokens(tokens: readonly string[], spacing: Spacing): string {
  return spacing === "apart" ? tokens.join(" ") : spaceTokens(tokens, spacing).join("");
}

/** The pieces that a joined text is made of: each token with the space before it, where there is one. */
export function spaceTokens(tokens: readonly string[], spacing: Spacing): readonly string[] {
  let previous = "";
  return tokens.map((token, at) => {
    const isClose = at === 0 || (spacing === "attached" && (closing.test(token) || opening.test(previous)));
    previous = token;
    return isClose ? token : ` ${token}`;
  });
}

const closing = /^[.,;:!?)\]}%]$/;
const opening = /^[([{$£€]$/;
