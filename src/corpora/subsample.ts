// Accumulation on a fixed budget: rows drawn at random from everything that accumulate would train on.

import type { Part, PartsRequest, Policy } from "../domain/corpus.ts";
import { ConfigError } from "../errors.ts";
import { createRandom } from "../math/random.ts";
import { createSampledIndices } from "../math/sample-indices.ts";

type Subsample = Extract<Policy, { readonly kind: "accumulate-subsample" }>;

/** `budget` rows (as many as the real data by default) of the pool; memory grows with the budget alone. */
export function computeSubsampledParts(request: PartsRequest, policy: Subsample): readonly Part[] {
  const { realCount, keptCounts, seed } = request;
  const counts = [realCount, ...keptCounts];
  const total = counts.reduce((sum, count) => sum + count, 0);
  const count = policy.budget ?? realCount;
  if (!policy.replacement && count > total) throw createBudgetError(count, total, keptCounts.length);
  if (total === 0) return [];
  const draw = { count, total, replacement: policy.replacement };
  return splitBySource(createSampledIndices(draw, createRandom(seed)), counts);
}

/** Ascending indices into the concatenated sources -> positions within each. */
function splitBySource(indices: Float64Array, counts: readonly number[]): Part[] {
  const parts: Part[] = [];
  let start = 0;
  let offset = 0;
  for (const [source, count] of counts.entries()) {
    let end = start;
    while (end < indices.length && indices[end]! < offset + count) end += 1;
    parts.push({ source, take: Uint32Array.from(indices.subarray(start, end), (index) => index - offset) });
    start = end;
    offset += count;
  }
  return parts;
}

function createBudgetError(count: number, total: number, generation: number): ConfigError {
  return new ConfigError([
    {
      where: "corpus.budget",
      what: `${count} rows cannot be drawn without replacement from the ${total} there are at generation ${generation}`,
      next: "lower the budget or set replacement: true",
    },
  ]);
}
