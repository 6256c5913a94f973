// How long texts are, in words set apart by white space: mean, median and longest, without keeping the texts.

import type { Row } from "../domain/rows.ts";

export interface Lengths {
  readonly mean: number;
  readonly median: number;
  readonly max: number;
}

export interface RowLengths {
  readonly article: Lengths;
  readonly summary: Lengths;
}

/** Measures rows one by one. */
export interface LengthCounter {
  add(row: Row): void;
  /** Null where nothing was added. */
  summary(): RowLengths | null;
}

export function createLengthCounter(): LengthCounter {
  const articles = new Map<number, number>();
  const summaries = new Map<number, number>();
  return {
    add({ article, summary }) {
      count(articles, article);
      count(summaries, summary);
    },
    summary: () => (articles.size === 0 ? null : { article: summarise(articles), summary: summarise(summaries) }),
  };
}

/** Computes the lengths of all rows; null where there are none. */
export async function computeLengths(rows: AsyncIterable<Row>): Promise<RowLengths | null> {
  const counter = createLengthCounter();
  for await (const row of rows) counter.add(row);
  return counter.summary();
}

/** Counts one text; a histogram needs no more memory than the longest text has words. */
function count(countByLength: Map<number, number>, text: string): void {
  const length = countWords(text);
  countByLength.set(length, (countByLength.get(length) ?? 0) + 1);
}

/** By codes, and one at a time: a list of the words of a text of many MiB would take a second and a gigabyte. */
export function countWords(text: string): number {
  let length = 0;
  let isInside = false;
  for (let at = 0; at < text.length; at++) {
    const isWord = !isSpace(text.charCodeAt(at));
    if (isWord && !isInside) length += 1;
    isInside = isWord;
  }
  return length;
}

/** What \s matches in a regular expression. */
function isSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  if (code < 0xa0) return false;
  return code === 0xa0 || code === 0xfeff || (code >= 0x1680 && /\s/.test(String.fromCharCode(code)));
}

function summarise(countByLength: ReadonlyMap<number, number>): Lengths {
  const entries = [...countByLength].sort(([left], [right]) => left - right);
  const total = entries.reduce((sum, [, times]) => sum + times, 0);
  const words = entries.reduce((sum, [length, times]) => sum + length * times, 0);
  return { mean: words / total, median: findMedian(entries, total), max: entries.at(-1)![0] };
}

/** The lower of the two middle lengths where there are two. */
function findMedian(entries: readonly (readonly [length: number, times: number])[], total: number): number {
  let passed = 0;
  for (const [length, times] of entries) {
    passed += times;
    if (passed * 2 >= total) return length;
  }
  return 0;
}
