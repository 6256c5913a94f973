// How long a server asks to be left alone: retry-after-ms, or Retry-After in seconds or as a date. Never shorter than
// it said; what cannot be read says nothing.

/** By their names in small letters, as node:http has them. */
type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Milliseconds from now, null where nothing usable is said. `now` serves where the reply has no date of its own. */
export function parseRetryAfter(headers: Headers, now: number): number | null {
  const fine = parseAmount(headers["retry-after-ms"], 1);
  if (fine !== null) return fine;
  const text = headers["retry-after"];
  const coarse = parseAmount(text, 1000);
  if (coarse !== null || text === undefined) return coarse;
  // A date has letters; "-5" would be read as a month by Date.parse.
  if (typeof text !== "string" || !/^[A-Za-z]{3}/.test(text)) return null;
  const until = Date.parse(text);
  if (Number.isNaN(until)) return null;
  // The server's own clock, where it tells it: its seconds are cut, so the wait is at most a second too long.
  const told = Date.parse(String(headers.date ?? ""));
  return Math.max(0, until - (Number.isNaN(told) ? now : told));
}

function parseAmount(text: unknown, unitMs: number): number | null {
  if (typeof text !== "string" || !/^\s*\d+(\.\d*)?\s*$/.test(text)) return null;
  const amount = Math.ceil(Number(text) * unitMs);
  return Number.isSafeInteger(amount) ? amount : null;
}
