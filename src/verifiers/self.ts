// Self-selection: how probable the model that wrote a candidate found it, from the log-probabilities that came with it.
// Minus the mean over completion tokens of ln p at temperature 1; no extra call.

import type { Verifier } from "../domain/ports.ts";
import { computeMeanScore } from "./mean-score.ts";

export function createSelfVerifier(): Verifier {
  return {
    version: 1,
    async *verify(candidates, _request, { signal }) {
      for await (const { id, candidate } of candidates) {
        signal.throwIfAborted();
        yield computeMeanScore(id, candidate, { sum: candidate.logProbability, tokenCount: candidate.tokenCount });
      }
    },
  };
}
