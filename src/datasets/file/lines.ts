// Cuts a stream of bytes into lines at LF. It holds one line at most, and never more of it than the limit.
// It decodes nothing.

import { longestLineBytes } from "../../text/input/line-limit.ts";

export interface Line {
  /** Without its LF. */
  readonly bytes: Buffer;
  /** Offset of its first byte in the stream. */
  readonly byte: number;
  /** False for the last line where no LF follows it. */
  readonly isEnded: boolean;
  /** The line is longer than the limit; `bytes` is its beginning, and it is the last one given. */
  readonly isTooLong: boolean;
}

/** Yields the lines of each chunk together: a step of an async generator costs more than a short line. */
export async function* readLines(
  chunks: AsyncIterable<Buffer>,
  limit = longestLineBytes,
): AsyncGenerator<readonly Line[], void, void> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let byte = 0;
  const take = (tail: Buffer, isEnded: boolean): Line => {
    const bytes = held.length === 0 ? tail : Buffer.concat([...held, tail]);
    const line = { bytes, byte, isEnded, isTooLong: bytes.length > limit };
    byte += bytes.length + 1;
    held = [];
    heldBytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      lines.push(take(chunk.subarray(start, end), true));
      start = end + 1;
      if (lines.at(-1)!.isTooLong) break;
    }
    if (lines.length > 0) yield lines;
    if (lines.at(-1)?.isTooLong) return;
    // What is left over has no end yet; it waits for the next chunk, up to the limit.
    held.push(chunk.subarray(start));
    heldBytes += chunk.length - start;
    if (heldBytes <= limit) continue;
    yield [take(Buffer.alloc(0), false)];
    return;
  }
  if (heldBytes > 0) yield [take(Buffer.alloc(0), false)];
}
