// The oracle: ROUGE F of a candidate against the reference that the loop otherwise never shows to a model.

import type { Verifier } from "../domain/ports.ts";

/** `compute` is the F-measure of the oracle's ROUGE type for (reference, prediction). */
export function createOracleVerifier(compute: (reference: string, prediction: string) => number): Verifier {
  return {
    version: 1,
    async *verify(candidates, _request, { signal }) {
      for await (const { id, row, candidate } of candidates) {
        signal.throwIfAborted();
        yield { id, score: compute(row.summary, candidate.completion), reason: null };
      }
    },
  };
}
