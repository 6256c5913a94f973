import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createRecordingContext, createStream, readAll } from "../../../src/contracts/case.ts";
import { createSamplerSuite } from "../../../src/contracts/sampler-suite.ts";
import type { SampleRequest } from "../../../src/domain/ports.ts";
import { computeSeed } from "../../../src/keys/seed.ts";
import { createRandom } from "../../../src/math/random.ts";
import { createController } from "../../../src/providers/control/controller.ts";
import { createHostedSampler } from "../../../src/providers/control/sampler.ts";
import { createTime } from "../../../src/providers/control/time.ts";
import type { EndpointSettings } from "../../../src/providers/endpoint.ts";
import { plainDialect } from "../../../src/providers/openai/body.ts";
import { createSampleRequests } from "../../../src/providers/openai/sample.ts";
import { createWire } from "../../../src/providers/wire/wire.ts";
import { createEndpoint } from "../../helpers/endpoint.ts";
import { sendJson } from "../../helpers/loopback.ts";
import { startOpenaiServer } from "../../helpers/openai-server.ts";

const model = { lineage: "f".repeat(64), file: "", digest: "" };
const prompts = [0, 1, 2, 3].map((at) => ({ id: `p${at}`, text: `a b c d e f number ${at} of them` }));
const request: SampleRequest = {
  model,
  draws: 3,
  temperature: 1,
  topP: null,
  topK: null,
  maxTokens: 50,
  seed: "s",
  promptCount: prompts.length,
};

function open(context: TestContext, endpoint: EndpointSettings, dialect = plainDialect) {
  const wire = createWire({ name: endpoint.name, secret: null, limits: endpoint.limits, now: () => 0 });
  const controller = createController({
    name: endpoint.name,
    targets: endpoint.urls.map((url) => ({ url })),
    limits: endpoint.limits,
    time: createTime({ monotonic: () => performance.now() }),
    random: createRandom(computeSeed("test")),
    backoffMs: 1,
  });
  context.after(() => Promise.all([wire.close(), controller.close()]));
  const createRequest = createSampleRequests({ endpoint, wire }, dialect);
  const draws = endpoint.draws === "single" ? "single" : "n";
  return createHostedSampler({ version: 1, controller, createRequest, draws });
}

for (const ask of ["chat", "completions"] as const) {
  for (const isStreamed of [false, true]) {
    for (const draws of ["n", "single"] as const) {
      test(`the contract holds: ${ask}, ${draws}, ${isStreamed ? "streamed" : "whole"}`, async (context) => {
        const server = await startOpenaiServer(context);
        const sampler = open(context, createEndpoint({ urls: [`${server.url}/v1`], ask, isStreamed, draws }));
        const suite = createSamplerSuite({ sampler, model, prompts, maxTokens: 50, isSeeded: true });
        for (const { name, run } of suite) await context.test(name, run);
        assert.ok(suite.length >= 8);
      });
    }
  }
}

test("what is sampled is what was written, in numbers and in words, streamed or not", async (context) => {
  const server = await startOpenaiServer(context);
  const sampleWith = async (change: Partial<EndpointSettings>) => {
    const sampler = open(context, createEndpoint({ urls: [server.url], system: "be brief", ...change }));
    const rows = await readAll(sampler.sample(createStream(prompts), request, createRecordingContext("stage")));
    return rows.sort((one, other) => (`${one.promptId}${one.draw}` < `${other.promptId}${other.draw}` ? -1 : 1));
  };
  const whole = await sampleWith({});
  assert.equal(whole.length, 12);
  assert.ok(
    whole.every(
      ({ completion, tokenCount, logProbability }) => completion !== "" && tokenCount > 0 && logProbability !== null,
    ),
  );
  assert.deepEqual(await sampleWith({ isStreamed: true }), whole);
});

test("stop texts that are not heeded there are not sent, and what is written is cut here", async (context) => {
  const server = await startOpenaiServer(context);
  const endpoint = createEndpoint({ urls: [server.url], ask: "completions" });
  const sample = async (stop: readonly string[], ignoresStop: boolean) => {
    const sampler = open(context, endpoint, { ...plainDialect, ignoresStop });
    const asked = { ...request, draws: 1, promptCount: 1, stop };
    const stream = createStream(prompts.slice(0, 1));
    const [candidate] = await readAll(sampler.sample(stream, asked, createRecordingContext("stage")));
    return candidate!;
  };
  const whole = await sample([], true);
  const stop = whole.completion.slice(whole.completion.length / 2, whole.completion.length / 2 + 3);
  const { completion, finish } = await sample([stop], true);
  assert.equal(server.received.at(-1)?.body.stop, undefined);
  assert.deepEqual([completion, finish], [whole.completion.slice(0, whole.completion.indexOf(stop)), "stop"]);
  await sample([stop], false);
  assert.deepEqual(server.received.at(-1)?.body.stop, [stop]);
});

test("greedy draws are asked for one by one", async (context) => {
  const server = await startOpenaiServer(context);
  const sampler = open(context, createEndpoint({ urls: [server.url] }));
  const asked = { ...request, temperature: 0 };
  const rows = await readAll(sampler.sample(createStream(prompts), asked, createRecordingContext("stage")));
  assert.equal(rows.length, 12);
  assert.ok(server.received.length === 12 && server.received.every(({ body }) => body.n === undefined));
});

test("a body holds what was asked for and what the file adds, and nothing else", async (context) => {
  const server = await startOpenaiServer(context);
  const bodyOf = async (endpoint: Partial<EndpointSettings>, change: Partial<SampleRequest> = {}) => {
    const sampler = open(context, createEndpoint({ urls: [server.url], ...endpoint }));
    const asked = { ...request, draws: 1, promptCount: 1, ...change };
    await readAll(sampler.sample(createStream(prompts.slice(0, 1)), asked, createRecordingContext("stage")));
    return server.received.at(-1)?.body;
  };
  const { id, text } = prompts[0]!;
  const seed = computeSeed("s", id, 0)[0]! >>> 1;
  assert.deepEqual(await bodyOf({}), {
    ...{ model: "tiny", messages: [{ role: "user", content: text }], temperature: 1, max_tokens: 50, seed },
    ...{ logprobs: true, top_logprobs: 1 },
  });
  assert.deepEqual(await bodyOf({ ask: "completions" }, { topP: 0.9, topK: 40, stop: ["\n"], draws: 2 }), {
    ...{ model: "tiny", prompt: text, temperature: 1, top_p: 0.9, top_k: 40, max_tokens: 50, stop: ["\n"], seed, n: 2 },
    logprobs: 1,
  });
  const params = { min_p: 0.05, seed: null, top_logprobs: null, chat_template_kwargs: { enable_thinking: false } };
  assert.deepEqual(await bodyOf({ system: "be brief", isStreamed: true, params }, { temperature: 0 }), {
    model: "tiny",
    messages: [
      { role: "system", content: "be brief" },
      { role: "user", content: text },
    ],
    ...{ temperature: 0, max_tokens: 50, logprobs: true, min_p: 0.05 },
    ...{ stream: true, stream_options: { include_usage: true }, chat_template_kwargs: { enable_thinking: false } },
  });
  // Refeed's own server is asked for the model by its lineage and given whole seeds.
  const own = (await bodyOf({ model: null, given: "refeed", ask: "completions" })) ?? {};
  assert.equal(own.model, model.lineage);
  assert.match(String((own.seeds as readonly string[])[0]), /^[0-9a-f]{32}$/);
});

test("use is accounted at its price, and what may be used at most is reserved", async (context) => {
  const server = await startOpenaiServer(context);
  const price = { input: 2, output: 10, request: 0.001 };
  const sampler = open(context, createEndpoint({ urls: [server.url], price }));
  const recording = createRecordingContext("stage");
  const usages: number[] = [];
  const context_ = {
    ...recording,
    ledger: { ...recording.ledger, account: (_: string, usage: { usd: number }) => void usages.push(usage.usd) },
  };
  const rows = await readAll(sampler.sample(createStream(prompts.slice(0, 1)), request, context_));
  const tokens = rows.reduce((sum, { tokenCount }) => sum + tokenCount, 0);
  const words = prompts[0]!.text.split(" ").length;
  assert.ok(Math.abs(usages[0]! - (0.001 + (2 * words + 10 * tokens) / 1e6)) < 1e-12);
  const [intent] = recording.intents;
  assert.ok(intent?.costUsd !== undefined && intent.costUsd >= usages[0]! && (intent.tokenCount ?? 0) >= 150);
});

test("what params allow for is reserved, where that is more than was asked for", async (context) => {
  const server = await startOpenaiServer(context);
  const params = { max_tokens: null, max_completion_tokens: 5000 };
  const sampler = open(context, createEndpoint({ urls: [server.url], params }));
  const recording = createRecordingContext("stage");
  await readAll(sampler.sample(createStream(prompts.slice(0, 1)), { ...request, draws: 1 }, recording));
  assert.ok((recording.intents[0]?.tokenCount ?? 0) >= 5000);
});

test("a refused prompt becomes refused rows, a cut one truncated rows", async (context) => {
  const server = await startOpenaiServer(context, {
    intercept({ body }, response) {
      const isFirst = JSON.stringify(body).includes("number 0");
      if (isFirst) sendJson(response, { error: { message: "too long", code: "context_length_exceeded" } }, 400);
      return isFirst;
    },
  });
  const sampler = open(context, createEndpoint({ urls: [server.url] }));
  const rows = await readAll(
    sampler.sample(createStream(prompts), { ...request, maxTokens: 1 }, createRecordingContext("stage")),
  );
  assert.equal(rows.length, 12);
  for (const { promptId, finish, reason } of rows) {
    assert.deepEqual([finish, reason], promptId === "p0" ? ["refused", "refused"] : ["length", "truncated"]);
  }
});
