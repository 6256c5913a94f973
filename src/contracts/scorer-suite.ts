// The contract of a Scorer: one log-probability an example, in order, the same every time.

import assert from "node:assert/strict";
import type { LogProbability, Model, Scorer } from "../domain/ports.ts";
import type { Example } from "../domain/rows.ts";
import { type ContractCase, createRecordingContext, createStream, readAll } from "./case.ts";

export interface ScorerSubject {
  readonly scorer: Scorer;
  readonly model: Model;
  /** At least 3 scorable examples whose completions differ. */
  readonly examples: readonly Example[];
}

export function createScorerSuite({ scorer, model, examples }: ScorerSubject): ContractCase[] {
  const score = (given: readonly Example[]): Promise<LogProbability[]> => {
    const request = { model, exampleCount: given.length };
    return readAll(scorer.score(createStream(given), request, createRecordingContext("stage")));
  };
  return [
    {
      name: "every example once, in input order",
      async run() {
        const ids = (await score(examples)).map(({ id }) => id);
        assert.deepEqual(
          ids,
          examples.map(({ id }) => id),
        );
      },
    },
    {
      name: "sums are sums of their terms, never positive, and present for what can be scored",
      async run() {
        for (const { id, sum, tokens, tokenCount, reason } of await score(examples)) {
          assert.equal(reason, null, `${id}: ${reason}`);
          assert.ok(sum !== null && Number.isFinite(sum) && sum <= 1e-6, `${id}: ${sum}`);
          assert.ok(tokenCount > 0);
          if (tokens === null) continue;
          assert.equal(tokens.length, tokenCount);
          assert.ok(Math.abs(tokens.reduce((total, term) => total + term, 0) - sum) <= 1e-6 * Math.max(1, -sum));
        }
      },
    },
    {
      name: "the score of an example does not depend on its company",
      async run() {
        const together = await score(examples);
        for (const [index, example] of examples.entries()) {
          const [alone] = await score([example]);
          const expected = together[index]?.sum as number;
          assert.ok(Math.abs((alone?.sum as number) - expected) <= 1e-4 * Math.max(1, -expected), example.id);
        }
      },
    },
    {
      name: "an aborted signal ends it with an error",
      async run() {
        const context = createRecordingContext("stage");
        context.abort();
        const request = { model, exampleCount: examples.length };
        await assert.rejects(readAll(scorer.score(createStream(examples), request, context)));
      },
    },
  ];
}
