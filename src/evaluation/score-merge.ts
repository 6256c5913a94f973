// Merges a predictions file and a references file line against line, in batches; what the lines hold is not known here.

import type { Batch } from "./score-batch.ts";
import { createLineReader, type LineReader, type Source } from "./score-lines.ts";

export interface PairSources {
  readonly predictions: Source;
  readonly references: Source;
}

/** Pairs lines up to the end of the shorter file, and counts those of each file to its own end. */
export async function* mergeLines(
  sources: PairSources,
  counts: Record<keyof PairSources, number>,
): AsyncIterable<Batch> {
  const predictions = createLineReader(sources.predictions);
  const references = createLineReader(sources.references);
  try {
    for (;;) {
      // One after the other, so that of two unreadable files the same one is always told.
      const count = Math.min(await predictions.fill(), await references.fill());
      if (count === 0) break;
      counts.predictions += count;
      counts.references += count;
      yield { predictions: predictions.take(count), references: references.take(count) };
    }
    counts.predictions += await countRest(predictions);
    counts.references += await countRest(references);
  } finally {
    await predictions.close();
    await references.close();
  }
}

/** How many lines are left, without a look at them. */
async function countRest(reader: LineReader): Promise<number> {
  let rest = 0;
  for (let count = await reader.fill(); count > 0; count = await reader.fill()) rest += reader.take(count).count;
  return rest;
}
