// The matches of ROUGE-Lsum (Lin 2004, section 3.2): for each line of the reference, the union over the prediction's lines
// of one longest common subsequence each; then each token counts at most as often as the prediction holds it, which the
// paper does not say but ROUGE 1.5.5 and rouge_score do. Among equally long subsequences the one that rouge_score reads
// back from its table is taken, because the union depends on it.

import { createLarger } from "./scratch.ts";
import { allBits, bitsPerWord, createSubsequence } from "./subsequence.ts";
import { createTokenList, type TokenList } from "./token-list.ts";

export interface SummaryMatches {
  /** The number of matches for two lists whose ids are all below `bound`. */
  compute(reference: TokenList, prediction: TokenList, bound: number): number;
}

/** The most words of backtracking bits that one pair may need: 256 MiB, which is 45,000 tokens a line on both sides. */
const mostWords = 2 ** 26;

/** The dynamic-programming table of one line of the prediction (columns) against every line of the reference (rows). */
interface Table {
  reference: TokenList;
  prediction: TokenList;
  /** The columns: the prediction's tokens [start, end). */
  start: number;
  end: number;
  /** For each id the bits of the columns that hold it; all 0 between sweeps. */
  matches: Int32Array<ArrayBuffer>;
  /** What the addition of each row carries from one word of columns into the next. */
  carries: Uint8Array<ArrayBuffer>;
  /** For each cell of differing tokens whether reading back goes left instead of up; all rows of one word of columns, then the next. */
  leftward: Int32Array<ArrayBuffer>;
  /** 1 for each token of the reference that is in the union. */
  isMatched: Uint8Array<ArrayBuffer>;
  /** For each id how often it is left in the prediction; all 0 between calls. */
  counts: Int32Array<ArrayBuffer>;
}

/** Creates the algorithm with its scratch. */
export function createSummaryMatches(): SummaryMatches {
  const subsequence = createSubsequence();
  const table: Table = {
    reference: createTokenList(),
    prediction: createTokenList(),
    start: 0,
    end: 0,
    matches: new Int32Array(512),
    carries: new Uint8Array(512),
    leftward: new Int32Array(512),
    isMatched: new Uint8Array(512),
    counts: new Int32Array(512),
  };

  return {
    compute(reference, prediction, bound) {
      // With one line each, the union is one subsequence, and no subsequence exceeds the prediction's counts.
      if (reference.lineCount <= 1 && prediction.lineCount <= 1) {
        return subsequence.compute(reference, prediction, bound);
      }
      table.reference = reference;
      table.prediction = prediction;
      enlarge(table, bound);
      table.isMatched.fill(0, 0, reference.count);
      table.end = 0;
      for (let line = 0; line < prediction.lineCount; line++) {
        table.start = table.end;
        table.end = prediction.lineEnds[line]!;
        sweep(table);
        for (let referenceLine = 0; referenceLine < reference.lineCount; referenceLine++)
          readBack(table, referenceLine);
      }
      return computeClipped(table);
    },
  };
}

function enlarge(table: Table, bound: number): void {
  const { reference, prediction } = table;
  let longest = 0;
  for (let line = 0, start = 0; line < prediction.lineCount; line++) {
    const end = prediction.lineEnds[line]!;
    longest = Math.max(longest, end - start);
    start = end;
  }
  const wordCount = Math.ceil(longest / bitsPerWord) * reference.count;
  if (wordCount > mostWords) throw new RangeError("the lines of the texts are too long for ROUGE-Lsum");
  if (table.leftward.length < wordCount) table.leftward = createLarger(table.leftward, wordCount);
  if (table.matches.length < bound) table.matches = createLarger(table.matches, bound);
  if (table.counts.length < bound) table.counts = createLarger(table.counts, bound);
  if (table.carries.length < reference.count) table.carries = createLarger(table.carries, reference.count);
  if (table.isMatched.length < reference.count) table.isMatched = createLarger(table.isMatched, reference.count);
}

/** Fills `leftward` with the bit-vector algorithm of subsequence.ts, started anew at each line of the reference. */
function sweep(table: Table): void {
  const { reference, prediction, matches, carries, leftward, end } = table;
  carries.fill(0, 0, reference.count);
  let offset = 0;
  for (let first = table.start; first < end; first += bitsPerWord) {
    const last = Math.min(end, first + bitsPerWord);
    for (let column = first; column < last; column++) matches[prediction.ids[column]!]! |= 1 << (column - first);
    for (let line = 0, row = 0; line < reference.lineCount; line++) {
      const lineEnd = reference.lineEnds[line]!;
      for (let vector = allBits; row < lineEnd; row++) {
        const matched = vector & matches[reference.ids[row]!]!;
        const sum = (vector + matched + carries[row]!) | 0;
        // With a = the cell up and left: the carry into a bit says left = a + 1, the vector's bit says up = a.
        leftward[offset + row] = (sum ^ vector ^ matched) & vector;
        carries[row] = sum >>> bitsPerWord;
        vector = (sum | (vector & ~matched)) & allBits;
      }
    }
    for (let column = first; column < last; column++) matches[prediction.ids[column]!] = 0;
    offset += reference.count;
  }
}

/** Marks one longest common subsequence of a reference line, read back from its last cell: rouge_score's _backtrack_norec. */
function readBack(table: Table, referenceLine: number): void {
  const { reference, prediction, leftward, isMatched, start } = table;
  const firstRow = referenceLine === 0 ? 0 : reference.lineEnds[referenceLine - 1]!;
  let row = reference.lineEnds[referenceLine]! - 1;
  let column = table.end - 1;
  while (row >= firstRow && column >= start) {
    if (reference.ids[row] === prediction.ids[column]) {
      isMatched[row--] = 1;
      column--;
      continue;
    }
    const word = Math.trunc((column - start) / bitsPerWord);
    const bit = column - start - word * bitsPerWord;
    if ((leftward[word * reference.count + row]! >>> bit) & 1) column--;
    else row--;
  }
}

/** How many tokens of the union the prediction covers, each of its own tokens used once. */
function computeClipped({ reference, prediction, isMatched, counts }: Table): number {
  for (let index = 0; index < prediction.count; index++) counts[prediction.ids[index]!]!++;
  let matchCount = 0;
  for (let row = 0; row < reference.count; row++) {
    const id = reference.ids[row]!;
    if (isMatched[row] === 0 || counts[id] === 0) continue;
    counts[id]!--;
    matchCount++;
  }
  for (let index = 0; index < prediction.count; index++) counts[prediction.ids[index]!] = 0;
  return matchCount;
}
