// Reads a row off a text that a model wrote from nothing: an article between a beginning and a part, a summary after it.
// Cuts are exact. The published code stripped the letters of `user: ` off the left end instead, so that "summarize"
// became "mmarize", a little more in every generation (paper A, section 3).

/** Raised by hand when the same text would be read otherwise. */
export const textFormVersion = 1;

export interface ReadText {
  /** null where the text holds none of its own. */
  readonly article: string | null;
  readonly summary: string;
}

/** null where it does not begin with `begin`, does not hold `part` exactly once behind it, or has nothing on either side. */
export function parseText(
  text: string,
  { begin, part }: { readonly begin: string; readonly part: string | null },
): ReadText | null {
  if (!text.startsWith(begin)) return null;
  if (part === null) return createRead(null, text.slice(begin.length));
  const place = text.indexOf(part);
  if (place < begin.length || text.includes(part, place + 1)) return null;
  return createRead(text.slice(begin.length, place), text.slice(place + part.length));
}

function createRead(article: string | null, summary: string): ReadText | null {
  const isWhole = /\S/u.test(summary) && (article === null || /\S/u.test(article));
  return isWhole ? { article, summary } : null;
}
