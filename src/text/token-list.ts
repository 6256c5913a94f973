// The tokens of one text as numbers, and where its lines end: scratch that is filled again for every text.

import { createLarger } from "./scratch.ts";

export interface TokenList {
  /** Numbers of the tokens (or of n-grams of them), in order; only the first `count` hold. */
  ids: Int32Array<ArrayBuffer>;
  count: number;
  /** For each line that holds a token, the index after its last one; only the first `lineCount` hold. */
  lineEnds: Int32Array<ArrayBuffer>;
  lineCount: number;
}

/** Creates an empty list. */
export function createTokenList(): TokenList {
  return { ids: new Int32Array(256), count: 0, lineEnds: new Int32Array(256), lineCount: 0 };
}

/** Empties the list and makes room for `count` tokens. */
export function createRoom(list: TokenList, count: number): void {
  if (list.ids.length < count) list.ids = createLarger(list.ids, count);
  if (list.lineEnds.length < count) list.lineEnds = createLarger(list.lineEnds, count);
  list.count = 0;
  list.lineCount = 0;
}
