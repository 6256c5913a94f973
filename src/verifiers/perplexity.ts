// The weak verifier: perplexity of each candidate under another, fixed model, lower being better.

import type { Model, Scorer, Verifier } from "../domain/ports.ts";
import type { Example, Row, StoredCandidate } from "../domain/rows.ts";
import { VerifierError } from "../errors.ts";
import { computeMeanScore } from "./mean-score.ts";

/**
 * `render` makes the prompt of a row, as it was when the candidate was sampled. `fixed` is the model it scores under
 * where that is no auxiliary one of the run.
 */
export function createPerplexityVerifier(
  scorer: Scorer,
  render: (row: Row) => string,
  fixed: Model | null = null,
): Verifier {
  return {
    version: 1,
    async *verify(candidates, { model: auxiliary, candidateCount }, context) {
      const model = fixed ?? auxiliary;
      if (!model) throw new VerifierError("perplexity needs a model to score under");
      const pending: StoredCandidate[] = [];
      const examples = readExamples(candidates, pending, render);
      for await (const scored of scorer.score(examples, { model, exampleCount: candidateCount }, context)) {
        const stored = pending.shift();
        if (!stored || scored.id !== String(stored.id)) throw new VerifierError(`scored ${scored.id} out of order`);
        const score = computeMeanScore(stored.id, stored.candidate, scored);
        yield scored.reason === null ? score : { ...score, score: null, reason: scored.reason };
      }
    },
  };
}

async function* readExamples(
  candidates: AsyncIterable<StoredCandidate>,
  pending: StoredCandidate[],
  render: (row: Row) => string,
): AsyncGenerator<Example> {
  for await (const stored of candidates) {
    pending.push(stored);
    yield { id: String(stored.id), prompt: render(stored.row), completion: stored.candidate.completion };
  }
}
