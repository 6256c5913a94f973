// Bytes to lines as they come: bounded, strictly UTF-8, the last one without its line feed too. It knows no program.

import { isUtf8 } from "node:buffer";
import { computeInvalidOffset } from "../text/input/invalid-utf8.ts";

export interface LineSplitter {
  /** Throws LineFault at the first line that is none. */
  push(chunk: Buffer): void;
  /** What is left is a line as well. */
  end(): void;
}

/** What is wrong with a line, in words that follow it; `line` counts from 1. */
export class LineFault extends Error {
  readonly line: number;
  constructor(line: number, what: string) {
    super(what);
    this.line = line;
  }
}

/** `take` is handed each line without its line feed. */
export function createLineSplitter(mostBytes: number, take: (line: string, byteCount: number) => void): LineSplitter {
  let pieces: Buffer[] = [];
  let heldBytes = 0;
  let lineCount = 0;

  const hold = (piece: Buffer): void => {
    heldBytes += piece.length;
    if (heldBytes > mostBytes) throw new LineFault(lineCount + 1, `is longer than ${mostBytes} bytes`);
    if (piece.length > 0) pieces.push(piece);
  };
  const close = (): void => {
    const bytes = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
    [pieces, heldBytes, lineCount] = [[], 0, lineCount + 1];
    if (!isUtf8(bytes)) {
      const offset = computeInvalidOffset(bytes);
      const code = bytes[offset]?.toString(16).toUpperCase().padStart(2, "0");
      throw new LineFault(lineCount, `is not UTF-8: byte 0x${code} at ${offset + 1}`);
    }
    // Programs on other systems end their lines with two characters.
    const end = bytes.at(-1) === 0x0d ? bytes.length - 1 : bytes.length;
    take(bytes.toString("utf8", 0, end), bytes.length + 1);
  };

  return {
    push(chunk) {
      let start = 0;
      for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
        hold(chunk.subarray(start, end));
        close();
        start = end + 1;
      }
      hold(chunk.subarray(start));
    },
    end() {
      if (heldBytes > 0) close();
    },
  };
}
