// The newest selection with a fixed share of real data in place of its lowest ranks: the corpus keeps its size.

import type { Part, PartsRequest } from "../domain/corpus.ts";
import { ConfigError } from "../errors.ts";
import { createRandom } from "../math/random.ts";
import { createSampledIndices } from "../math/sample-indices.ts";
import { computeShare } from "../math/share.ts";

/** N rows, N the size of the newest selection: round(share N) real ones drawn without replacement, the rest by rank. */
export function computeMixedParts({ realCount, keptCounts, seed }: PartsRequest, share: number): readonly Part[] {
  const newest = keptCounts.length;
  const count = keptCounts[newest - 1]!;
  const real = computeShare(share, count);
  if (real > realCount) {
    throw new ConfigError([
      {
        where: "corpus.share",
        what: `a share of ${share} of ${count} rows is ${real} real rows, but there are ${realCount}`,
        next: "lower the share, keep fewer candidates or train generation 0 on more real data",
      },
    ]);
  }
  const draw = { count: real, total: realCount, replacement: false };
  return [
    { source: 0, take: Uint32Array.from(createSampledIndices(draw, createRandom(seed))) },
    { source: newest, take: Uint32Array.from({ length: count - real }, (_, position) => position) },
  ];
}
