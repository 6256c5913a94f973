// What the next model is trained on, by policy, as references into the real data and the selections so far.
// Pure: it sees counts and a seed, never a row, so one function serves texts and simulated numbers alike.

import type { ComputeParts, Part, PartsRequest } from "../domain/corpus.ts";
import { computeDoublingParts } from "./doubling.ts";
import { computeMixedParts } from "./mix.ts";
import { computeSubsampledParts } from "./subsample.ts";

/**
 * The parts of the corpus for the model of generation keptCounts.length, empty ones left out.
 * Source 0 is the real data; source g + 1 is what the model of generation g wrote and selection kept.
 * At generation 0 every policy gives the real data. Throws ConfigError where the policy cannot be met.
 */
export const computeParts: ComputeParts = (request) => {
  if (request.keptCounts.length === 0) return [{ source: 0, take: "all" }];
  return computeLaterParts(request).filter((part) => computePartLength(part, request) > 0);
};

/** How many rows a corpus of these parts holds: the basis on which arms are compared at equal compute. */
export function countRows(parts: readonly Part[], counts: Pick<PartsRequest, "realCount" | "keptCounts">): number {
  return parts.reduce((sum, part) => sum + computePartLength(part, counts), 0);
}

function computeLaterParts(request: PartsRequest): readonly Part[] {
  const { policy, keptCounts } = request;
  switch (policy.kind) {
    case "replace":
      return [{ source: keptCounts.length, take: "all" }];
    case "accumulate":
      return [0, ...keptCounts.map((_, generation) => generation + 1)].map((source) => ({ source, take: "all" }));
    case "accumulate-doubling":
      return computeDoublingParts(request);
    case "accumulate-subsample":
      return computeSubsampledParts(request, policy);
    case "mix":
      return computeMixedParts(request, policy.share);
  }
}

function computePartLength(
  part: Part,
  { realCount, keptCounts }: Pick<PartsRequest, "realCount" | "keptCounts">,
): number {
  if (part.take !== "all") return part.take.length;
  return part.source === 0 ? realCount : keptCounts[part.source - 1]!;
}
