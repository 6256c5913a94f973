// The scripted provider keeps every contract, and its books say what was asked, billed and launched.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { createRecordingContext, createStream, readAll } from "../../src/contracts/case.ts";
import { createSamplerSuite, createScorerSuite, createTrainerSuite } from "../../src/contracts/suites.ts";
import type { AttemptEnd, Context } from "../../src/domain/context.ts";
import { computeDigest } from "../../src/keys/digest.ts";
import { createScriptedProvider, type ScriptedOptions } from "../../src/providers/scripted/provider.ts";
import { readBills } from "../../src/providers/scripted/service.ts";
import { idleLedger } from "../helpers/idle-ledger.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const model = { lineage: "scripted", file: "nowhere", digest: computeDigest("scripted") };
const prompts = Array.from({ length: 40 }, (_, index) => ({
  id: `p${index}`,
  text: `the ${index} quick brown fox jumps over lazy dogs`,
}));
const request = {
  model,
  draws: 2,
  temperature: 1,
  topP: null,
  topK: null,
  maxTokens: 16,
  seed: "seed",
  promptCount: prompts.length,
};

test("sampler, scorer and trainer keep their contracts", async (context) => {
  const { sampler, scorer, trainer } = createScriptedProvider();
  const folder = createTemporaryFolder(context);
  const examples = prompts.map(({ id, text }) => ({ id, prompt: text, completion: text.slice(0, 12) }));
  let files = 0;
  const cases = [
    ...createSamplerSuite({ sampler, model, prompts, maxTokens: 8, isSeeded: true }),
    ...createScorerSuite({ scorer, model, examples }),
    ...createTrainerSuite({
      trainer,
      params: {},
      examples,
      createFile: () => join(folder, `model-${++files}`),
      isDeterministic: true,
    }),
  ];
  for (const { name, run } of cases) await context.test(name, run);
});

test("what it writes is counted row by row, and of prompts it counts none", async () => {
  const { sampler } = createScriptedProvider();
  const told: unknown[] = [];
  const context: Context = {
    ...createRecordingContext("stage"),
    ledger: {
      ...idleLedger,
      account: (_, { promptTokens, completionTokens }) => void told.push(promptTokens, completionTokens),
    },
  };
  await readAll(sampler.sample(createStream(prompts.slice(0, 1)), { ...request, promptCount: 1 }, context));
  assert.deepEqual(told, [0, null]);
});

/** A context whose ledger tells what it was told. */
function createTellingContext(): { readonly context: Context; readonly told: string[] } {
  const told: string[] = [];
  const context = {
    ...createRecordingContext("stage"),
    ledger: {
      ...idleLedger,
      intend: async ({ key }: { readonly key: string }) => void told.push(`intend ${key}`),
      settle: async (key: string, { state }: AttemptEnd) => void told.push(`${state} ${key}`),
    },
  };
  return { context, told };
}

test("what it answers depends on the model, and on nothing that fails on the way", async () => {
  const sample = async (options: ScriptedOptions, change = {}) => {
    const { context } = createTellingContext();
    const { sampler } = createScriptedProvider(options);
    const candidates = await readAll(sampler.sample(createStream(prompts), { ...request, ...change }, context));
    return candidates.map(({ promptId, draw, completion }) => `${promptId} ${draw} ${completion}`).sort();
  };
  const honest = await sample({});
  const calls = { busy: 0.3, lost: 0.3, rejected: 0 };
  assert.deepEqual(await sample({ script: { calls, width: 3 } }), honest);
  assert.notDeepEqual(await sample({}, { model: { ...model, digest: computeDigest("another") } }), honest);
});

test("answers overtake each other on their way, and stay those of their prompts", async () => {
  const { context } = createTellingContext();
  const order = async (delayMs: number): Promise<readonly string[]> => {
    const { sampler } = createScriptedProvider({ script: { delayMs } });
    const candidates = await readAll(sampler.sample(createStream(prompts), request, context));
    return candidates.map(({ promptId, completion }) => `${promptId} ${completion}`);
  };
  const [together, overtaking] = [await order(0), await order(8)];
  assert.notDeepEqual(overtaking, together);
  assert.deepEqual(overtaking.toSorted(), together.toSorted());
});

test("answers that are none are rows with a reason", async () => {
  const { context } = createTellingContext();
  const { sampler } = createScriptedProvider({ script: { answers: { refused: 0.2, truncated: 0.2, empty: 0.2 } } });
  const candidates = await readAll(sampler.sample(createStream(prompts), request, context));
  const counts = Object.groupBy(candidates, ({ reason }) => reason ?? "none");
  assert.deepEqual(Object.keys(counts).sort(), ["empty", "none", "refused", "truncated"]);
  for (const { finish, completion } of counts.truncated ?? [])
    assert.deepEqual([finish, completion === ""], ["length", false]);
});

test("busy calls are not billed, lost ones are billed twice, and each end stands in the ledger", async (context) => {
  const folder = createTemporaryFolder(context);
  const { context: telling, told } = createTellingContext();
  const script = { price: 0.01, calls: { busy: 0.3, lost: 0.3, rejected: 0 } };
  const { sampler } = createScriptedProvider({ script, folder });
  await readAll(sampler.sample(createStream(prompts), request, telling));
  const bills = readBills(folder);
  const count = (state: string): number => told.filter((line) => line.startsWith(state)).length;
  const faulty = (fault: string): number => bills.filter((bill) => bill.fault === fault).length;
  assert.ok(count("retryable") > 0 && count("unknown") > 0);
  assert.deepEqual([faulty("busy"), faulty("lost")], [count("retryable"), count("unknown")]);
  assert.equal(bills.length, count("intend"));
  const billed = bills.filter(({ usd }) => usd > 0).length;
  assert.equal(billed, prompts.length + faulty("lost"));
});

test("a call turned away for good ends the stage, and what was on its way still comes", async () => {
  const { context, told } = createTellingContext();
  const { sampler } = createScriptedProvider({ script: { calls: { busy: 0, lost: 0, rejected: 0.1 }, width: 8 } });
  const came: string[] = [];
  await assert.rejects(async () => {
    for await (const { promptId, draw } of sampler.sample(createStream(prompts), request, context)) {
      if (draw === 0) came.push(promptId);
    }
  }, /turned away for good/);
  const count = (state: string): number => told.filter((line) => line.startsWith(state)).length;
  const ended = count("failed");
  // What was intended and had not left when it came is not sent any more.
  assert.equal(count("intend"), came.length + ended + count("retryable"));
  assert.ok(came.length > 0 && ended > 0);
});

test("a job is launched once, whichever process asks again", async (context) => {
  const folder = createTemporaryFolder(context);
  const examples = prompts.map(({ id, text }) => ({ id, prompt: text, completion: "a b" }));
  const train = async (file: string) => {
    const { trainer } = createScriptedProvider({ folder });
    const asked = { start: null, params: {}, seed: "0/0", exampleCount: examples.length, file: join(folder, file) };
    const { context: telling, told } = createTellingContext();
    await (await trainer.train(createStream(examples), asked, telling)).result();
    return told;
  };
  assert.deepEqual(await train("one"), ["retryable launch", "intend launch"]);
  assert.deepEqual(await train("two"), []);
  assert.equal(readBills(folder).filter(({ call }) => call === "train").length, 1);
});
