// Reads a text into token numbers in one scan of its UTF-16 code units: the tokens of computeTokens, without a string each.
// Equal tokens of all texts read since the last clear have equal numbers, dense from 0. Knows nothing of scores.

import { createStemTable } from "./stem-table.ts";
import { createRoom, type TokenList } from "./token-list.ts";
import { computeForeignSymbol, isLastOfToken, symbolByCode } from "./tokens.ts";
import { computeNextHash, createWordTable } from "./word-table.ts";

export interface TokenReader {
  /** Fills `list` with the tokens of `text`. */
  read(text: string, list: TokenList): void;
  /** How many distinct tokens have been read since the last clear. */
  count(): number;
  clear(): void;
}

const lineFeed = 10;

/** Creates a reader; with `stemmer`, tokens with equal stems have equal numbers. */
export function createTokenReader(stemmer: boolean): TokenReader {
  const words = stemmer ? createStemTable() : createWordTable();
  /** The symbols of the token at hand; a text has no longer token than itself. */
  let scratch = new Uint8Array(256);

  return {
    read(text, list) {
      const size = text.length;
      // Two tokens have a separator between them.
      createRoom(list, (size + 1) >> 1);
      if (scratch.length < size) scratch = new Uint8Array(Math.max(size, 2 * scratch.length));
      const { ids, lineEnds } = list;
      const word = scratch;
      let length = 0;
      let hash = 0;
      let count = 0;
      let lineCount = 0;
      let lineStart = 0;
      for (let index = 0; index < size; index++) {
        const code = text.charCodeAt(index);
        const symbol = code < 128 ? symbolByCode[code]! : computeForeignSymbol(code);
        if (symbol !== 0) {
          word[length++] = symbol;
          hash = computeNextHash(hash, symbol);
          if (!isLastOfToken(code)) continue;
        }
        if (length > 0) {
          ids[count++] = words.intern(word, length, hash);
          length = 0;
          hash = 0;
        }
        // Lines without a token leave no trace: they can match nothing.
        if (code === lineFeed && count > lineStart) {
          lineStart = count;
          lineEnds[lineCount++] = count;
        }
      }
      if (length > 0) ids[count++] = words.intern(word, length, hash);
      if (count > lineStart) lineEnds[lineCount++] = count;
      list.count = count;
      list.lineCount = lineCount;
    },
    count: words.count,
    clear: words.clear,
  };
}
