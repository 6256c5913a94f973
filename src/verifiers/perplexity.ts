// The weak verifier: perplexity of each candidate under another, fixed model, lower being better.

import type { Model, Scorer, Verifier } from "../domain/ports.ts";
import type { Example, Row, Score, StoredCandidate } from "../domain/rows.ts";
import { VerifierError } from "../errors.ts";
import { computeMeanScore } from "./mean-score.ts";

/** The text that is scored and what stands before it, as the model that scores meets such rows. */
export type CreateExample = (row: Row, completion: string) => Omit<Example, "id">;

/** `fixed` is the model it scores under where that is no auxiliary one of the run. */
export function createPerplexityVerifier(
  scorer: Scorer,
  createExample: CreateExample,
  fixed: Model | null = null,
): Verifier {
  return {
    version: 1,
    async *verify(candidates, { model: auxiliary, candidateCount }, context) {
      const model = fixed ?? auxiliary;
      if (!model) throw new VerifierError("perplexity needs a model to score under");
      const pending: StoredCandidate[] = [];
      const examples = readExamples(candidates, pending, createExample);
      for await (const scored of scorer.score(examples, { model, exampleCount: candidateCount }, context)) {
        yield* takeUnscored(pending);
        const stored = pending.shift();
        if (!stored || scored.id !== String(stored.id)) throw new VerifierError(`scored ${scored.id} out of order`);
        const score = computeMeanScore(stored.id, stored.candidate, scored);
        yield scored.reason === null ? score : { ...score, score: null, reason: scored.reason };
      }
      yield* takeUnscored(pending);
    },
  };
}

/** What never became a row is never trained on: its score would be paid for nothing. */
const isRow = ({ candidate: { reason } }: StoredCandidate): boolean => reason !== "unparsable" && reason !== "marker";

/** Those at the front that the scorer was not asked about. */
function* takeUnscored(pending: StoredCandidate[]): Generator<Score> {
  for (let [first] = pending; first && !isRow(first); [first] = pending) {
    pending.shift();
    yield { id: first.id, score: null, reason: first.candidate.reason };
  }
}

async function* readExamples(
  candidates: AsyncIterable<StoredCandidate>,
  pending: StoredCandidate[],
  createExample: CreateExample,
): AsyncGenerator<Example> {
  for await (const stored of candidates) {
    pending.push(stored);
    if (isRow(stored)) yield { id: String(stored.id), ...createExample(stored.row, stored.candidate.completion) };
  }
}
