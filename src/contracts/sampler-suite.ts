// The contract of a Sampler: each draw of each prompt exactly once, seeded by name, intended before it is begun.

import assert from "node:assert/strict";
import type { Model, SampleRequest, Sampler } from "../domain/ports.ts";
import type { Candidate, Prompt } from "../domain/rows.ts";
import { computeSeed } from "../keys/seed.ts";
import { type ContractCase, createRecordingContext, createStream, readAll } from "./case.ts";

export interface SamplerSubject {
  readonly sampler: Sampler;
  readonly model: Model;
  /** At least 3 prompts the model can be asked. */
  readonly prompts: readonly Prompt[];
  readonly maxTokens: number;
  /** False for a provider that cannot seed its draws: then equal requests may differ. */
  readonly isSeeded: boolean;
}

export function createSamplerSuite({ sampler, model, prompts, maxTokens, isSeeded }: SamplerSubject): ContractCase[] {
  const createRequest = (change: Partial<SampleRequest> = {}): SampleRequest => ({
    model,
    draws: 2,
    temperature: 1,
    topP: null,
    topK: null,
    maxTokens,
    seed: "contract",
    promptCount: prompts.length,
    ...change,
  });
  const sample = async (change: Partial<SampleRequest> = {}, given = prompts): Promise<Candidate[]> => {
    const request = createRequest({ promptCount: given.length, ...change });
    return readAll(sampler.sample(createStream(given), request, createRecordingContext("stage")));
  };

  const always: ContractCase[] = [
    {
      name: "every prompt gets every draw exactly once",
      async run() {
        const places = (await sample({ draws: 3 })).map(({ promptId, draw }) => `${promptId}#${draw}`).sort();
        const expected = prompts.flatMap(({ id }) => [0, 1, 2].map((draw) => `${id}#${draw}`)).sort();
        assert.deepEqual(places, expected);
      },
    },
    {
      name: "nothing is begun before its intent, and every attempt brings what it intended",
      async run() {
        const context = createRecordingContext("stage", 5);
        const countByAttempt = new Map<string, number>();
        for await (const { attempt } of sampler.sample(createStream(prompts), createRequest(), context)) {
          assert.ok(
            context.intents.some(({ key }) => key === attempt),
            `attempt ${attempt} was not intended`,
          );
          countByAttempt.set(attempt, (countByAttempt.get(attempt) ?? 0) + 1);
        }
        const intended = new Map(context.intents.map(({ key, rowCount }) => [key, rowCount]));
        assert.equal(intended.size, context.intents.length, "an attempt was intended twice");
        assert.deepEqual(countByAttempt, intended);
      },
    },
    {
      name: "an aborted signal ends it with an error",
      async run() {
        const context = createRecordingContext("stage");
        context.abort();
        await assert.rejects(readAll(sampler.sample(createStream(prompts), createRequest(), context)));
      },
    },
    {
      name: "log-probabilities are sums of their terms and never positive",
      async run() {
        for (const { logProbability, tokenLogProbabilities, tokenCount, finish } of await sample()) {
          if (finish === "refused" || logProbability === null || tokenLogProbabilities === null) continue;
          assert.equal(tokenLogProbabilities.length, tokenCount);
          const sum = tokenLogProbabilities.reduce((total, term) => total + term, 0);
          assert.ok(Math.abs(sum - logProbability) <= 1e-6 * Math.max(1, Math.abs(sum)));
          assert.ok(tokenLogProbabilities.every((term) => term <= 1e-6));
        }
      },
    },
    {
      name: "no prompts, no candidates",
      async run() {
        assert.deepEqual(await sample({}, []), []);
      },
    },
  ];
  if (!isSeeded) return always;
  const bySeeds = sampler.drawsBySeeds ? [createSeedsCase(sample, prompts)] : [];
  return [...always, ...createSeededCases(sample, prompts), ...bySeeds];
}

/** The draws of a prompt that brings its seeds are those the same seeds give when they are derived. */
function createSeedsCase(sample: Sample, prompts: readonly Prompt[]): ContractCase {
  return {
    name: "a prompt that brings its seeds is drawn by them",
    async run() {
      const derived = await sample({ draws: 3 });
      const seeded = prompts.map((prompt) => ({
        ...prompt,
        id: `other ${prompt.id}`,
        seeds: [0, 1, 2].map((draw) => computeSeed("contract", prompt.id, draw)),
      }));
      const given = await sample({ draws: 3, seed: "another" }, seeded);
      const places = (candidates: readonly Candidate[], prefix: string) =>
        candidates
          .map(({ promptId, draw, completion, logProbability }) => [
            `${prefix}${promptId}#${draw}`,
            completion,
            logProbability,
          ])
          .sort();
      assert.deepEqual(places(given, ""), places(derived, "other "));
    },
  };
}

type Sample = (change?: Partial<SampleRequest>, given?: readonly Prompt[]) => Promise<Candidate[]>;

function createSeededCases(sample: Sample, prompts: readonly Prompt[]): ContractCase[] {
  const textByPlace = (candidates: readonly Candidate[]): Record<string, string> =>
    Object.fromEntries(
      candidates.map(({ promptId, draw, completion }) => [`${promptId}#${draw}`, completion] as const).sort(),
    );
  return [
    {
      name: "the same request gives the same candidates, another seed others",
      async run() {
        const first = textByPlace(await sample({ draws: 4 }));
        assert.deepEqual(textByPlace(await sample({ draws: 4 })), first);
        assert.notDeepEqual(textByPlace(await sample({ draws: 4, seed: "another" })), first);
      },
    },
    {
      name: "draws belong to their prompt, whatever its place among others",
      async run() {
        const forward = textByPlace(await sample());
        assert.deepEqual(textByPlace(await sample({}, [...prompts].reverse())), forward);
        for (const prompt of prompts) {
          const alone = textByPlace(await sample({}, [prompt]));
          const places = [0, 1].map((draw) => [`${prompt.id}#${draw}`, forward[`${prompt.id}#${draw}`]]);
          assert.deepEqual(alone, Object.fromEntries(places));
        }
      },
    },
    {
      name: "greedy decoding does not depend on the seed",
      async run() {
        const greedy = { draws: 1, temperature: 0 };
        assert.deepEqual(textByPlace(await sample(greedy)), textByPlace(await sample({ ...greedy, seed: "another" })));
      },
    },
  ];
}
