// Tokenised texts as numbers, one row of columns for all of them: what counting needs, and no strings.

export interface TokenTable {
  /** Numbers of the tokens (or pairs of tokens) of all texts, one text after another, dense from 0. */
  readonly ids: Uint32Array;
  /** Where each text begins in `ids`, and the end as the last entry. */
  readonly starts: Uint32Array;
  /** How many different numbers there are. */
  readonly kinds: number;
}

export interface InternedTexts {
  readonly table: TokenTable;
  readonly idByToken: ReadonlyMap<string, number>;
}

/** Numbers the tokens in the order of their first occurrence. */
export function internTexts(texts: readonly (readonly string[])[]): InternedTexts {
  const idByToken = new Map<string, number>();
  const starts = computeStarts(texts);
  const ids = new Uint32Array(starts.at(-1)!);
  let at = 0;
  for (const text of texts) {
    for (const token of text) {
      const id = idByToken.get(token) ?? idByToken.size;
      if (id === idByToken.size) idByToken.set(token, id);
      ids[at++] = id;
    }
  }
  return { table: { ids, starts, kinds: idByToken.size }, idByToken };
}

/** The pairs of neighbouring tokens; none crosses from one text into the next. */
export function pairTokens({ ids, starts, kinds }: TokenTable): TokenTable {
  const idByPair = new Map<number, number>();
  const pairs: number[] = [];
  const pairStarts = new Uint32Array(starts.length);
  for (let text = 0; text + 1 < starts.length; text++) {
    for (let at = starts[text]!; at + 1 < starts[text + 1]!; at++) {
      const pair = ids[at]! * kinds + ids[at + 1]!;
      const id = idByPair.get(pair) ?? idByPair.size;
      if (id === idByPair.size) idByPair.set(pair, id);
      pairs.push(id);
    }
    pairStarts[text + 1] = pairs.length;
  }
  return { ids: Uint32Array.from(pairs), starts: pairStarts, kinds: idByPair.size };
}

/** Each whole text as one number: equal texts, equal numbers. */
export function internWhole(texts: readonly (readonly string[])[]): TokenTable {
  // A line feed is in no token, so different texts stay different.
  return internTexts(texts.map((text) => [text.join("\n")])).table;
}

function computeStarts(texts: readonly (readonly string[])[]): Uint32Array {
  const starts = new Uint32Array(texts.length + 1);
  let end = 0;
  for (const [index, text] of texts.entries()) {
    end += text.length;
    starts[index + 1] = end;
  }
  return starts;
}
