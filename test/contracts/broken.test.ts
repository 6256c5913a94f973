// A suite that cannot fail proves nothing: every suite passes an honest implementation and fails each broken one.

import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { ContractCase } from "../../src/contracts/case.ts";
import {
  createSamplerSuite,
  createScorerSuite,
  createSystemSuite,
  createTrainerSuite,
  createVerifierSuite,
} from "../../src/contracts/suites.ts";
import type { Context } from "../../src/domain/context.ts";
import type { Sampler, Scorer, Trainer, Verifier } from "../../src/domain/ports.ts";
import type { Candidate, StoredCandidate } from "../../src/domain/rows.ts";
import type { Execute } from "../../src/domain/stage.ts";
import { computeDigest } from "../../src/keys/digest.ts";
import { createDurableExecutor } from "../../src/loop/durable.ts";
import { createScriptedProvider } from "../../src/providers/scripted/provider.ts";
import { createRandomVerifier } from "../../src/verifiers/random.ts";
import { createMemoryRecords, idleContext } from "../helpers/memory-records.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";
import { createToySystem, createToyTrial } from "../helpers/toy-system.ts";

/** Names of the cases an implementation fails. */
async function findFailures(cases: readonly ContractCase[]): Promise<string[]> {
  const failures: string[] = [];
  for (const { name, run } of cases) await run().catch(() => failures.push(name));
  return failures;
}

const scripted = createScriptedProvider();
const scriptedModel = { lineage: "scripted", file: "nowhere", digest: computeDigest("scripted") };
const createPrompts = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: `p${index}`,
    text: `the ${index} quick brown fox jumps over lazy dogs`,
  }));
const prompts = createPrompts(7);
const deaf = (context: Context): Context => ({ ...context, signal: new AbortController().signal });

function samplerSuite(
  change: (candidates: AsyncIterable<Candidate>) => AsyncIterable<Candidate>,
  hear = (c: Context) => c,
) {
  const honest = scripted.sampler;
  const sampler: Sampler = {
    version: 1,
    sample: (given, request, context) => change(honest.sample(given, request, hear(context))),
  };
  return createSamplerSuite({ sampler, model: scriptedModel, prompts, maxTokens: 8, isSeeded: true });
}

test("sampler", async () => {
  assert.deepEqual(await findFailures(samplerSuite((all) => all)), []);
  const dropping = samplerSuite(async function* (all) {
    let first = true;
    for await (const candidate of all)
      if (!first) yield candidate;
      else first = false;
  });
  assert.ok((await findFailures(dropping)).includes("every prompt gets every draw exactly once"));
  const swapping = samplerSuite(async function* (all) {
    for await (const candidate of all)
      yield {
        ...candidate,
        promptId: candidate.promptId === "p1" ? "p2" : candidate.promptId === "p2" ? "p1" : candidate.promptId,
      };
  });
  assert.ok((await findFailures(swapping)).includes("draws belong to their prompt, whatever its place among others"));
  assert.deepEqual(await findFailures(samplerSuite((all) => all, deaf)), ["an aborted signal ends it with an error"]);
  const eager = samplerSuite(
    (all) => all,
    (context) => ({
      ...context,
      ledger: { ...context.ledger, intend: async (attempt) => void context.ledger.intend(attempt) },
    }),
  );
  assert.deepEqual(await findFailures(eager), [
    "nothing is begun before its intent, and every attempt brings what it intended",
  ]);
});

test("scorer", async () => {
  const examples = prompts.map(({ id, text }, index) => ({
    id,
    prompt: text,
    completion: text
      .split(" ")
      .slice(0, index + 1)
      .join(" "),
  }));
  const suite = (change: Partial<Scorer>) =>
    createScorerSuite({ scorer: { ...scripted.scorer, ...change }, model: scriptedModel, examples });
  const { score } = scripted.scorer;
  assert.deepEqual(await findFailures(suite({})), []);
  const reordering = suite({
    async *score(given, request, context) {
      const all = [];
      for await (const one of score(given, request, context)) all.unshift(one);
      yield* all;
    },
  });
  assert.ok((await findFailures(reordering)).includes("every example once, in input order"));
  const dropping = suite({
    async *score(given, request, context) {
      for await (const one of score(given, request, context)) if (one.id !== "p3") yield one;
    },
  });
  assert.ok((await findFailures(dropping)).includes("every example once, in input order"));
  const ignoring = suite({ score: (given, request, context) => score(given, request, deaf(context)) });
  assert.deepEqual(await findFailures(ignoring), ["an aborted signal ends it with an error"]);
});

test("trainer", async (context: TestContext) => {
  const folder = createTemporaryFolder(context);
  const examples = createPrompts(10).map(({ id, text }) => ({ id, prompt: text, completion: "a b" }));
  let files = 0;
  const suite = (change: Partial<Trainer>) =>
    createTrainerSuite({
      trainer: { ...scripted.trainer, ...change },
      params: {},
      examples,
      createFile: () => join(folder, `model-${++files}`),
      isDeterministic: true,
    });
  const { train } = scripted.trainer;
  assert.deepEqual(await findFailures(suite({})), []);
  const dropping = suite({
    async train(given, request, work) {
      async function* less() {
        for await (const example of given) if (example.id !== "p4") yield example;
      }
      return train(less(), request, work);
    },
  });
  assert.ok((await findFailures(dropping)).includes("a finished job has written its file and counted every row"));
  const ignoring = suite({ train: (given, request, work) => train(given, request, deaf(work)) });
  assert.deepEqual(await findFailures(ignoring), ["an aborted signal ends it with an error"]);
  const stubborn = suite({
    train: async (...given) => ({ ...(await train(...given)), cancel: async () => undefined }),
  });
  assert.deepEqual(await findFailures(stubborn), ["a cancelled job rejects"]);
});

test("verifier", async () => {
  const candidates = prompts.map(
    ({ id, text }, index): StoredCandidate => ({
      id: index,
      promptIndex: index,
      row: { id, article: text, summary: "the quick fox" },
      candidate: {
        promptId: id,
        draw: 0,
        completion: text,
        finish: "stop",
        reason: null,
        logProbability: -index,
        tokenCount: 3,
        tokenLogProbabilities: null,
        attempt: "a",
      },
    }),
  );
  const suite = (change: Partial<Verifier>) =>
    createVerifierSuite({ verifier: { ...createRandomVerifier(), ...change }, model: null, candidates });
  const { verify } = createRandomVerifier();
  assert.deepEqual(await findFailures(suite({})), []);
  const dropping = suite({
    async *verify(given, request, context) {
      for await (const score of verify(given, request, context)) if (score.id !== 2) yield score;
    },
  });
  assert.ok((await findFailures(dropping)).includes("every candidate once, in input order"));
  const silent = suite({
    async *verify(given, request, context) {
      for await (const score of verify(given, request, context)) yield { ...score, score: null };
    },
  });
  assert.deepEqual(await findFailures(silent), ["a score is a number, or null with a reason"]);
  const counting = suite({
    async *verify(given, request, context) {
      let place = 0;
      for await (const score of verify(given, request, context)) yield { ...score, score: place++ };
    },
  });
  assert.deepEqual(await findFailures(counting), ["going on from the middle gives the scores of the whole"]);
  const ignoring = suite({ verify: (given, request, context) => verify(given, request, deaf(context)) });
  assert.deepEqual(await findFailures(ignoring), ["an aborted signal ends it with an error"]);
});

test("system", async () => {
  const suite = (change: Partial<ReturnType<typeof createToySystem>>) => {
    const system = { ...createToySystem(), ...change };
    const createExecute = (signal: AbortSignal): Execute =>
      createDurableExecutor({
        records: createMemoryRecords(),
        perform: ({ description, inputs }) => system.perform(description, inputs, { ...idleContext, signal }),
        signal: new AbortController().signal,
        onEvent: () => undefined,
      });
    return createSystemSuite({ system, trial: createToyTrial("a", 1), createExecute });
  };
  const { perform } = createToySystem();
  assert.deepEqual(await findFailures(suite({})), []);
  let count = 0;
  const forgetful = suite({ perform: async (...given) => (given[0].kind === "train" ? ++count : perform(...given)) });
  assert.ok((await findFailures(forgetful)).includes("the same trial gives the same values and measurements"));
  const impure = suite({
    sample: (turn, model) => ({ kind: "sample", version: ++count, parameters: {}, inputs: [model], turn }),
  });
  assert.ok((await findFailures(impure)).includes("describing is pure and says everything in JSON"));
  const seedless = suite({ assemble: (turn, kept) => createToySystem().assemble({ ...turn, seed: 1 }, kept) });
  assert.deepEqual(await findFailures(seedless), ["another seed gives other candidates"]);
  const ignoring = suite({ perform: (description, inputs, context) => perform(description, inputs, deaf(context)) });
  assert.deepEqual(await findFailures(ignoring), ["an aborted signal ends it with an error"]);
  const careless = suite({
    async perform(description, inputs, context) {
      if (description.kind === "train") (inputs[0]!.value as number[]).push(99);
      return perform(description, inputs, context);
    },
  });
  assert.ok((await findFailures(careless)).includes("no stage changes what it was given"));
});
