// Cuts a stream of bytes into lines, a block of many at a time, with flat memory: what a scorer of files of any size reads.
// Knows neither JSON nor text encodings; a line feed is one byte in UTF-8 and never part of another character.

import { DatasetError } from "../errors.ts";
import { longestLineBytes } from "../text/input/line-limit.ts";

/** A file that can be read from its start more than once. */
export interface Source {
  /** What errors call it. */
  readonly name: string;
  open(): AsyncIterable<Uint8Array>;
}

/** Consecutive lines, each with its line feed but perhaps the last of the file. */
export interface Lines {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly count: number;
  /** The number of the first one in its file, from 1. */
  readonly first: number;
}

export interface LineReader {
  /** Reads on until a block of lines is at hand; returns how many are, 0 only at the end. */
  fill(): Promise<number>;
  /** Takes the next `count` lines of those at hand, in memory of their own. */
  take(count: number): Lines;
  close(): Promise<void>;
}

/** A block is full at this many lines or bytes, whichever comes first; it may hold one line more than its bytes. */
const blockLines = 512;
const blockBytes = 512 * 2 ** 10;
const lineFeed = 10;

/** The part of the file that is in memory: bytes [start, end) are not taken yet. */
interface Window {
  bytes: Uint8Array<ArrayBuffer>;
  start: number;
  end: number;
  /** Line feeds have been looked for up to here. */
  searched: number;
  /** Where the whole lines at hand end, in `bytes`. */
  lineEnds: number[];
}

/** Creates a reader from the start of the source. */
export function createLineReader(source: Source): LineReader {
  const chunks = source.open()[Symbol.asyncIterator]();
  const window: Window = { bytes: new Uint8Array(blockBytes), start: 0, end: 0, searched: 0, lineEnds: [] };
  let isEnded = false;
  let takenCount = 0;

  const assertLength = (length: number): void => {
    if (length <= longestLineBytes) return;
    const where = `${source.name}:${takenCount + window.lineEnds.length + 1}`;
    const what = `the line is longer than ${longestLineBytes / 2 ** 20} MiB`;
    throw new DatasetError(what, { where, next: "write one row a line, as JSON Lines" });
  };

  const search = (): void => {
    const known = window.bytes.subarray(0, window.end);
    let lineStart = window.lineEnds.at(-1) ?? window.start;
    for (let at = known.indexOf(lineFeed, window.searched); at >= 0; at = known.indexOf(lineFeed, lineStart)) {
      assertLength(at - lineStart);
      lineStart = at + 1;
      window.lineEnds.push(lineStart);
    }
    window.searched = window.end;
    assertLength(window.end - lineStart);
    if (isEnded && window.end > lineStart) window.lineEnds.push(window.end);
  };

  const isFull = (): boolean =>
    window.lineEnds.length >= blockLines || (window.lineEnds.length > 0 && window.end - window.start >= blockBytes);

  return {
    async fill() {
      while (!isEnded && !isFull()) {
        const next = await chunks.next();
        if (next.done === true) isEnded = true;
        else append(window, next.value);
        search();
      }
      return window.lineEnds.length;
    },
    take(count) {
      const lastEnd = window.lineEnds[count - 1] ?? window.start;
      const lines = { bytes: window.bytes.slice(window.start, lastEnd), count, first: takenCount + 1 };
      window.lineEnds = window.lineEnds.slice(count);
      window.start = lastEnd;
      takenCount += count;
      return lines;
    },
    async close() {
      await chunks.return?.();
    },
  };
}

/** Puts a chunk behind the window's bytes, moving them to the front or to a larger array where it would not fit. */
function append(window: Window, chunk: Uint8Array): void {
  if (window.end + chunk.length > window.bytes.length) {
    const rest = window.bytes.subarray(window.start, window.end);
    const size = rest.length + chunk.length;
    const bytes = size <= window.bytes.length ? window.bytes : new Uint8Array(Math.max(2 * window.bytes.length, size));
    bytes.set(rest);
    window.bytes = bytes;
    window.lineEnds = window.lineEnds.map((lineEnd) => lineEnd - window.start);
    window.searched -= window.start;
    window.end -= window.start;
    window.start = 0;
  }
  window.bytes.set(chunk, window.end);
  window.end += chunk.length;
}

/** All lines of the source, block by block. */
export async function* readBlocks(source: Source): AsyncIterable<Lines> {
  const reader = createLineReader(source);
  try {
    for (let count = await reader.fill(); count > 0; count = await reader.fill()) yield reader.take(count);
  } finally {
    await reader.close();
  }
}
