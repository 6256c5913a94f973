// The embedded model on its ports: the contract suites over the shipped base, and what is refused.

import assert from "node:assert/strict";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createRecordingContext, createStream, readAll } from "../../src/contracts/case.ts";
import { createSamplerSuite, createScorerSuite, createTrainerSuite } from "../../src/contracts/suites.ts";
import type { SampleRequest } from "../../src/domain/ports.ts";
import { createEmbeddedRuntime, type EmbeddedRuntime } from "../../src/embedded/runtime.ts";
import { splitTokens } from "../../src/embedded/tokens.ts";
import { ConfigError, ProviderError, StoreError, TrainerError } from "../../src/errors.ts";
import { computeDigest } from "../../src/keys/digest.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

const stories = [
  "optiza united defeated optivix tigers by 9 points in hartmouth on thursday . a crowd of 24 thousand sang all night .",
  "on saturday , dorcore bank closed a mine where 12 people worked in tarburg . the workers get 11 weeks of pay .",
  "zephza tigers signed rasel borden for 36 million in osterby on friday . the striker signed for 2 years .",
  "Anna's firm bought Globex, a rival, in Berlin on Friday.",
];
const headlines = [
  "optiza united beat optivix tigers in hartmouth",
  "dorcore bank shuts mine",
  "zephza tigers land borden",
  "firm buys Globex in Berlin",
];
const prompts = stories.map((text, index) => ({ id: `story-${index}`, text }));
const examples = Array.from({ length: 16 }, (_, index) => ({
  id: `row-${index}`,
  prompt: stories[index % 4]!,
  completion: headlines[index % 4]!,
}));

let runtime: EmbeddedRuntime;
const folder = createTemporaryFolder({ after: (hook) => after(hook as () => void) });
let fileCount = 0;
const createFile = (): string => join(folder, `model-${fileCount++}.bin`);

before(async () => {
  runtime = await createEmbeddedRuntime({ workers: 2 });
});
after(() => runtime.close());

test("sampler, scorer and trainer keep their contracts", async (context) => {
  const { sampler, scorer, trainer, base: model } = runtime;
  const suites = {
    sampler: createSamplerSuite({ sampler, model, prompts, maxTokens: 16, isSeeded: true }),
    scorer: createScorerSuite({ scorer, model, examples: examples.slice(0, 4) }),
    trainer: createTrainerSuite({ trainer, params: {}, examples, createFile, isDeterministic: true }),
  };
  for (const [port, cases] of Object.entries(suites)) {
    assert.ok(cases.length >= 4);
    for (const { name, run } of cases) await context.test(`${port}: ${name}`, run);
  }
});

const createRequest = (change: Partial<SampleRequest> = {}): SampleRequest => ({
  model: runtime.base,
  draws: 1,
  temperature: 1,
  topP: null,
  topK: null,
  maxTokens: 16,
  seed: "test",
  promptCount: prompts.length,
  ...change,
});

test("requests the model cannot serve are refused with the step to take", () => {
  const { sampler } = runtime;
  const changes = [
    [{ maxTokens: 17 }, "maxTokens is 17, the model writes 1 to 16"],
    [{ maxTokens: 0 }, "maxTokens is 0, the model writes 1 to 16"],
    [{ maxTokens: 2.5 }, "maxTokens is 2.5, the model writes 1 to 16"],
    [{ draws: 0 }, "draws is 0"],
    [{ temperature: -1 }, "temperature is -1"],
    [{ temperature: Number.NaN }, "temperature is NaN"],
    [{ topP: 0 }, "topP is 0"],
    [{ topP: 1.1 }, "topP is 1.1"],
    [{ topK: 0 }, "topK is 0"],
    [{ stop: ["x", ""] }, "a stop text is empty"],
  ] as const;
  for (const [change, what] of changes) {
    assert.throws(
      () => sampler.sample(createStream(prompts), createRequest(change), createRecordingContext("stage")),
      (error) => error instanceof ProviderError && error.what === what && error.next !== undefined,
      what,
    );
  }
});

test("a stop text ends a completion where it begins, and leaves everything before it as it was", async () => {
  const many = Array.from({ length: 40 }, (_, index) => ({ ...prompts[index % 4]!, id: `many-${index}` }));
  const sample = (change: Partial<SampleRequest>) =>
    readAll(runtime.sampler.sample(createStream(many), createRequest(change), createRecordingContext("stage")));
  const whole = await sample({});
  const cut = await sample({ stop: [" in ", "shuts", "zzz"] });
  let cutCount = 0;
  for (const [index, { completion, finish, tokenLogProbabilities, tokenCount }] of cut.entries()) {
    const before = whole[index]!;
    const [text] = before.completion.split(/ in |shuts/);
    assert.equal(completion, text);
    if (text === before.completion) {
      assert.deepEqual(cut[index], before);
      continue;
    }
    cutCount += 1;
    assert.equal(finish, "stop");
    assert.equal(tokenCount, splitTokens(completion).length);
    assert.deepEqual(tokenLogProbabilities, before.tokenLogProbabilities!.slice(0, tokenCount));
  }
  assert.ok(cutCount >= 10, `${cutCount}`);
  const nothing = await sample({ stop: [whole[0]!.completion.slice(0, 1)] });
  assert.deepEqual([nothing[0]?.completion, nothing[0]?.reason, nothing[0]?.tokenCount], ["", "empty", 0]);
});

test("an empty prompt is a refused row, not an error", async () => {
  const given = [prompts[0]!, { id: "empty", text: " \n" }, prompts[1]!];
  const context = createRecordingContext("stage");
  const candidates = await readAll(runtime.sampler.sample(createStream(given), createRequest({ draws: 2 }), context));
  assert.deepEqual(
    candidates.map(({ promptId, draw, reason }) => [promptId, draw, reason === "refused"]),
    given.flatMap(({ id }) => [0, 1].map((draw) => [id, draw, id === "empty"])),
  );
  assert.deepEqual(context.intents, [{ key: "story-0+3", rowCount: 6, isOutside: false }]);
  const scores = runtime.scorer.score(
    createStream([{ id: "empty", prompt: "", completion: "text" }]),
    { model: runtime.base, exampleCount: 1 },
    createRecordingContext("stage"),
  );
  assert.deepEqual((await readAll(scores))[0]?.reason, "the prompt is empty");
});

test("a candidate's own log-probabilities are the scorer's on the same text", async () => {
  const many = Array.from({ length: 100 }, (_, index) => ({ ...prompts[index % 4]!, id: `many-${index}` }));
  const candidates = await readAll(
    runtime.sampler.sample(createStream(many), createRequest(), createRecordingContext("stage")),
  );
  const whole = candidates.filter(({ finish }) => finish === "stop");
  const textById = new Map(many.map(({ id, text }) => [id, text]));
  const given = whole.map(({ promptId, completion }) => ({
    id: promptId,
    prompt: textById.get(promptId)!,
    completion,
  }));
  const request = { model: runtime.base, exampleCount: given.length };
  const scores = await readAll(runtime.scorer.score(createStream(given), request, createRecordingContext("stage")));
  for (const [index, { tokens }] of scores.entries()) {
    const own = whole[index]!.tokenLogProbabilities!;
    assert.equal(tokens?.length, own.length);
    for (const [i, term] of own.entries()) assert.ok(Math.abs(term - tokens![i]!) <= 1.3e-5);
  }
  assert.ok(whole.length >= 90, `${whole.length}`);
});

test("a completion that is too long is scored as far as it goes, and says so", async () => {
  const given = [{ id: "long", prompt: stories[0]!, completion: `${stories[0]} ${stories[0]}` }];
  const request = { model: runtime.base, exampleCount: 1 };
  const [score] = await readAll(runtime.scorer.score(createStream(given), request, createRecordingContext("stage")));
  assert.equal(score?.tokenCount, 16);
  assert.equal(score?.reason, "cut to 16 tokens");
});

test("training tells what did not fit, and works on what it wrote", async () => {
  const { trainer, sampler } = runtime;
  const long = { id: "long", prompt: "word ".repeat(70), completion: "w ".repeat(20) };
  const file = createFile();
  const request = { start: null, params: { steps: 3 }, seed: "s", exampleCount: 17, file };
  const context = createRecordingContext("stage");
  const result = await (await trainer.train(createStream([...examples, long]), request, context)).result();
  assert.deepEqual([result.steps, result.losses.cutArticles, result.losses.cutCompletions], [3, 1, 1]);
  assert.equal(result.losses.unknownTokens, 16);
  const digest = computeDigest(await readFile(file));
  const model = { lineage: "test", file, digest };
  const some = sampler.sample(createStream(prompts), createRequest({ model }), createRecordingContext("stage"));
  assert.equal((await readAll(some)).length, 4);
});

test("parameters that cannot be are refused all at once", async () => {
  const { trainer } = runtime;
  const train = (params: never, exampleCount = 16) => {
    const request = { start: null, params, seed: "s", exampleCount, file: createFile() };
    return trainer.train(createStream(examples), request, createRecordingContext("stage"));
  };
  await assert.rejects(train({ batch: 0, learningRate: "fast", epoch: 1 } as never), (error) => {
    return error instanceof ConfigError && error.problems.length === 3;
  });
  await assert.rejects(train([] as never), ConfigError);
  await assert.rejects(train({} as never, 0), TrainerError);
});

test("a model that is another than asked for, or damaged, is refused by name", async () => {
  const file = createFile();
  await copyFile(runtime.base.file, file);
  const sample = (digest: string): Promise<unknown> => {
    const request = createRequest({ model: { lineage: "x", file, digest } });
    return readAll(runtime.sampler.sample(createStream(prompts), request, createRecordingContext("stage")));
  };
  const isNamed = (error: unknown): boolean => error instanceof StoreError && error.where === file;
  await assert.rejects(sample("0".repeat(64)), isNamed);
  const bytes = await readFile(file);
  bytes[50_000]! ^= 1;
  await writeFile(file, bytes);
  await assert.rejects(sample("1".repeat(64)), isNamed);
  await assert.rejects(createEmbeddedRuntime({ base: file }), isNamed);
  await assert.rejects(createEmbeddedRuntime({ base: join(folder, "none.bin") }), StoreError);
});

test("an aborted stream stops the work in flight", async () => {
  const context = createRecordingContext("stage");
  const many = Array.from({ length: 2000 }, (_, index) => ({ ...prompts[index % 4]!, id: `many-${index}` }));
  const reading = readAll(runtime.sampler.sample(createStream(many), createRequest(), context));
  setTimeout(() => context.abort(), 100);
  await assert.rejects(reading);
  assert.ok(context.intents.length < 16, `${context.intents.length} chunks were begun`);
});

test("version 1 of sampler, scorer and trainer gives these outputs; raise the version where they change", async () => {
  const { sampler, scorer, trainer, base: model } = runtime;
  assert.deepEqual([sampler.version, scorer.version, trainer.version], [1, 1, 1]);
  assert.equal(model.digest, "95af1dd28dbf74c52aea23aad7aadcc20b477eb5d807ec31f2dd8cd1a0c7b20d");
  const sample = async (temperature: number): Promise<[string, number][]> => {
    const request = createRequest({ temperature, seed: "golden" });
    const candidates = await readAll(sampler.sample(createStream(prompts), request, createRecordingContext("stage")));
    return candidates.map(({ completion, logProbability }) => [completion, logProbability!]);
  };
  const trained = { start: null, params: { steps: 2 }, seed: "golden", exampleCount: 16, file: createFile() };
  const { loss } = await (
    await trainer.train(createStream(examples), trained, createRecordingContext("stage"))
  ).result();
  const scored = scorer.score(
    createStream(examples.slice(0, 4)),
    { model, exampleCount: 4 },
    createRecordingContext("s"),
  );
  const sums = (await readAll(scored)).map(({ id, sum }) => [id, sum] as [string, number]);
  const given = [...(await sample(0)), ...(await sample(1)), ...sums, ["loss", loss] as [string, number]];
  // Texts are exact; numbers are not, because another kind of processor may round otherwise.
  const expected: readonly (readonly [string, number])[] = [
    ["optiza united beat optivix tigers with 9 point lead", -0.42524],
    ["dorcore bank shuts mine with 12 jobs lost", -0.84181],
    ["zephza tigers land borden in 36 million deal", -1.04786],
    ["Anna's firm buys Globex,", -1.63635],
    ["a crowd of 24 thousand sang all night .", -1.71478],
    ["dorcore bank shuts mine with 12 jobs lost", -0.84181],
    ["the striker signed for 2 years .", -1.12863],
    ["firm firm buys Globex,", -3.2289],
    ["row-0", -26.17712],
    ["row-1", -3.65436],
    ["row-2", -3.00474],
    ["row-3", -40.14182],
    ["loss", 2.16157],
  ];
  assert.deepEqual(
    given.map(([text]) => text),
    expected.map(([text]) => text),
  );
  for (const [index, [text, value]] of given.entries()) {
    assert.ok(Math.abs(value - expected[index]![1]) <= 1e-3 * Math.abs(value), `${text}: ${value}`);
  }
});
