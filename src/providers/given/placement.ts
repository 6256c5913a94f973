// Lays the tokens that a server lists beside the text they are of. Servers spell tokens in their own ways: special tokens
// that stand for no text, a leading space lost or added, pieces of a character that are no text by themselves.
// Offsets that servers tell are not used: some count special tokens that the text does not hold.

/** Where each token lies in the text, UTF-16 units; tokens that share a character share the whole of it. */
export interface Placement {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** Longest text that a first token whose spelling is not told may stand for. */
const longestUnknown = 64;

/** A piece of a character stands for at least a byte, and four bytes make one. */
const unitsByPiece = 4;

/**
 * Finds the place of every token; null where the tokens are not the text's. `null` as a token is one whose spelling is not
 * told. Tokens after the text's end are left out: a result may be shorter than the list.
 */
export function computePlacement(tokens: readonly (string | null)[], text: string): Placement | null {
  if (tokens[0] !== null) return placeFrom(tokens, text, 0);
  // The first token may be special, and then it is no text, or the beginning of the text.
  for (let length = 0; length <= Math.min(longestUnknown, text.length); length++) {
    const rest = placeFrom(tokens.slice(1), text, length);
    if (rest) return { starts: [0, ...rest.starts], ends: [length, ...rest.ends] };
  }
  return null;
}

/** A piece stands for bytes whose text is not told. */
const piece = Symbol("piece");

function placeFrom(tokens: readonly (string | null)[], text: string, origin: number): Placement | null {
  const starts: number[] = [];
  const ends: number[] = [];
  let [position, pieces, isFirst] = [origin, 0, true];
  for (const token of tokens) {
    // What comes after the text's end is not of it.
    if (position === text.length && pieces === 0) break;
    let start: number | undefined;
    for (const element of readElements(token, text, position)) {
      if (element === piece) {
        start ??= position;
        pieces += 1;
        continue;
      }
      const found = findLiteral(element, { text, position, pieces, isFirst });
      // In front of the text a token that is not there is special; anywhere else it is another text's.
      if (found === null && isFirst) continue;
      if (found === null) return null;
      const [from, to] = found;
      if (pieces > 0) closeOpen(ends, from > position ? from : isWide(text, from) && !isFirst ? to : position);
      start ??= pieces > 0 ? from : position;
      [position, pieces, isFirst] = [to, 0, false];
    }
    starts.push(start ?? position);
    ends.push(pieces > 0 ? open : position);
  }
  const rest = text.slice(position);
  if (rest.length > pieces * unitsByPiece || !/^[^\0-\x7f]*$/.test(rest)) return null;
  closeOpen(ends, text.length);
  return { starts, ends };
}

/** The end of a token that is not known yet. */
const open = -1;

function closeOpen(ends: number[], end: number): void {
  for (let index = ends.length - 1; ends[index] === open; index--) ends[index] = end;
}

/** What of a token is text, and where it is only a piece of a character. */
function readElements(token: string | null, text: string, position: number): readonly (string | typeof piece)[] {
  if (token === null || token === "") return [piece];
  // A text may hold the very sign, or speak of <0x0A>: then it is just that.
  if (text.startsWith(token, position)) return [token];
  if (/^(?:<0x[0-9A-Fa-f]{2}>)+$/.test(token) || /^bytes:(?:\\x[0-9a-f]{2})+$/.test(token)) return [piece];
  return token
    .split(/(\uFFFD)+/)
    .filter((part) => part !== "" && part !== undefined)
    .map((part) => (part === "\uFFFD" ? piece : part));
}

interface Place {
  readonly text: string;
  readonly position: number;
  /** Pieces since the last literal. */
  readonly pieces: number;
  readonly isFirst: boolean;
}

function findLiteral(literal: string, { text, position, pieces, isFirst }: Place): readonly [number, number] | null {
  const find = (start: number, spelling = literal): readonly [number, number] | null =>
    text.startsWith(spelling, start) ? [start, start + spelling.length] : null;
  const here = find(position);
  if (here) return here;
  // A tokenizer may put a space in front of a text, or lose one where it spells a token alone.
  const bare = literal.trimStart();
  const added = isFirst && bare !== "" && bare !== literal ? find(position, bare) : null;
  if (added) return added;
  const space = /^\s+/.exec(text.slice(position, position + longestUnknown))?.[0].length ?? 0;
  const lost = space > 0 ? find(position + space) : null;
  if (lost) return pieces > 0 ? lost : [position, lost[1]];
  for (let skipped = 1; skipped <= pieces * unitsByPiece; skipped++) {
    if (!isWide(text, position + skipped - 1)) return null;
    const later = find(position + skipped);
    if (later) return later;
  }
  return null;
}

/** A character that takes more than one byte. */
function isWide(text: string, position: number): boolean {
  return text.charCodeAt(position) > 127;
}
