// Reads a table page by page with a turn of the event loop between them: no statement stays open while others write,
// and a page holds as much text however long its rows are.

import { setImmediate } from "node:timers/promises";
import type { Statement } from "../database.ts";

/** Statements that read at most so many rows of an owner from a place on: (owner, place, limit). */
export type PageStatement<Row> = Statement<[number, number, number], Row>;

export interface Paging<Row> {
  /** What rows are ordered by. */
  readonly place: (row: Row) => number;
  /** Length of a row's texts, where it has any. */
  readonly measure?: (row: Row) => number;
  /** Rows a page at most. */
  readonly limit?: number;
}

/** Rows read at once: large enough to cost nothing a row, small enough to hold the event loop for milliseconds. */
const pageRows = 500;

/** Characters read at once: pages of a megabyte made the heap grow by 60 MB. */
const pageLength = 256 * 1024;

export async function* readPages<Row>(
  statement: PageStatement<Row>,
  owner: number,
  { place, measure, limit = pageRows }: Paging<Row>,
): AsyncGenerator<readonly Row[]> {
  // Rows of unknown length: few at first.
  let count = measure ? Math.min(limit, 32) : limit;
  for (let next = 0; ; ) {
    const page = statement.all(owner, next, count);
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < count) return;
    next = place(last) + 1;
    if (measure) {
      const length = page.reduce((sum, row) => sum + measure(row), 0) / page.length;
      count = Math.max(1, Math.min(limit, Math.floor(pageLength / (length + 1))));
    }
    await setImmediate();
  }
}
