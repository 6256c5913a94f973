// The perplexity score shared by self and weak: the mean of ln p over completion tokens, so that higher is better
// (minus the logarithm of perplexity). A truncated text has no end and cannot be scored.

import type { Candidate, Score } from "../domain/rows.ts";

export function computeMeanScore(
  id: number,
  candidate: Candidate,
  { sum, tokenCount }: { readonly sum: number | null; readonly tokenCount: number },
): Score {
  if (candidate.finish !== "stop") return { id, score: null, reason: candidate.reason ?? "truncated" };
  if (sum === null || tokenCount === 0) return { id, score: null, reason: "no log-probabilities" };
  return { id, score: sum / tokenCount, reason: null };
}
