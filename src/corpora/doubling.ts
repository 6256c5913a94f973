// Accumulation that doubles: each generation adds as many rows as the pool holds already, so that real data is
// half of the corpus at generation 1, a quarter at generation 2, and so on.

import type { Part, PartsRequest } from "../domain/corpus.ts";
import type { Selection } from "../domain/selection.ts";
import { ConfigError } from "../errors.ts";
import { computePlaces, computeShare } from "../math/share.ts";

/** All real data, and of each selection at most as many rows, by rank, as the pool held before it. */
export function computeDoublingParts({ realCount, keptCounts }: PartsRequest): readonly Part[] {
  let pool = realCount;
  const parts: Part[] = [{ source: 0, take: "all" }];
  for (const [generation, kept] of keptCounts.entries()) {
    const count = Math.min(kept, pool);
    const take = count === kept ? "all" : Uint32Array.from({ length: count }, (_, position) => position);
    parts.push({ source: generation + 1, take });
    pool += count;
  }
  return parts;
}

export interface DoublingRequest {
  readonly realCount: number;
  readonly promptCount: number;
  readonly generation: number;
  readonly selection: Selection;
}

/**
 * The draws a prompt that the model of this generation must make for its selection to fill the doubled pool.
 * It counts on no row being lost: rows that a threshold rejects or no verifier can score leave the pool smaller.
 * Throws ConfigError where no number of draws would do, because `best` bounds the selection.
 */
export function computeDoublingDraws({ realCount, promptCount, generation, selection }: DoublingRequest): number {
  const pool = realCount * 2 ** generation;
  const { best, keep } = selection;
  if (best !== null) {
    const plannedCount = best * promptCount;
    const most = Math.min(plannedCount, computePlaces(selection, { promptCount, plannedCount }));
    if (most >= pool) return best;
    throw new ConfigError([
      {
        where: "select.best",
        what: `at most ${most} rows are kept of ${promptCount} prompts, but accumulate-doubling needs ${pool} at generation ${generation}`,
        next: "leave select.best out, or run fewer generations",
      },
    ]);
  }
  let draws = Math.max(1, Math.floor((pool - 1) / (promptCount * (keep ?? 1))));
  while (computeShare(keep ?? 1, promptCount * draws) < pool) draws += 1;
  return draws;
}
