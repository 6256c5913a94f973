// The contract of a Verifier: one score a candidate, in order, higher being better, null only with a reason.

import assert from "node:assert/strict";
import type { Model, Verifier } from "../domain/ports.ts";
import type { Score, StoredCandidate } from "../domain/rows.ts";
import { type ContractCase, createRecordingContext, createStream, readAll } from "./case.ts";

export interface VerifierSubject {
  readonly verifier: Verifier;
  readonly model: Model | null;
  /** At least 3 candidates with ids 0, 1, 2, ..; of at least 2 prompts for a verifier whose grain is the prompt. */
  readonly candidates: readonly StoredCandidate[];
}

export function createVerifierSuite({ verifier, model, candidates }: VerifierSubject): ContractCase[] {
  const createRequest = (given: readonly StoredCandidate[]) => ({
    model,
    candidateCount: given.length,
    seed: "contract",
  });
  const verify = (given: readonly StoredCandidate[] = candidates): Promise<Score[]> =>
    readAll(verifier.verify(createStream(given), createRequest(given), createRecordingContext("stage")));
  return [
    {
      name: "every candidate once, in input order",
      async run() {
        assert.deepEqual(
          (await verify()).map(({ id }) => id),
          candidates.map(({ id }) => id),
        );
      },
    },
    {
      name: "a score is a number, or null with a reason",
      async run() {
        for (const { score, reason } of await verify()) {
          if (score === null) assert.ok(reason !== null && reason !== "");
          else assert.ok(!Number.isNaN(score) && reason === null);
        }
      },
    },
    {
      name: "going on from the middle gives the scores of the whole",
      async run() {
        const whole = await verify();
        const isNext = ({ promptIndex }: StoredCandidate): boolean => promptIndex !== candidates[0]?.promptIndex;
        const start = verifier.grain === "prompt" ? candidates.findIndex(isNext) : 1;
        assert.ok(start > 0, "the candidates are of one prompt");
        assert.deepEqual(await verify(candidates.slice(start)), whole.slice(start));
      },
    },
    {
      name: "an aborted signal ends it with an error",
      async run() {
        const context = createRecordingContext("stage");
        context.abort();
        await assert.rejects(readAll(verifier.verify(createStream(candidates), createRequest(candidates), context)));
      },
    },
  ];
}
