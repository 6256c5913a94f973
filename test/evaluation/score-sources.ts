// Files in memory for the tests of scoring, and rows to fill them with.

import type { Source } from "../../src/evaluation/score-lines.ts";

/** A source of these bytes, in chunks of `chunkSize`; `openCount` tells how often it was opened. */
export function createSource(name: string, content: string | Uint8Array, chunkSize = 1000) {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const source = {
    name,
    openCount: 0,
    async *open(): AsyncIterable<Uint8Array> {
      source.openCount++;
      for (let start = 0; start < bytes.length; start += chunkSize) yield bytes.subarray(start, start + chunkSize);
    },
  };
  return source satisfies Source;
}

export const toLines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

const words = "storm hits coast as ministers meet over new budget and the markets fall".split(" ");

/** Made-up text number `index`: the same words, rotated and cut. */
export function createText(index: number): string {
  return Array.from(
    { length: 4 + (index % 9) },
    (_, at) => words[(index * 7 + at * (1 + (index % 3))) % words.length],
  ).join(" ");
}
