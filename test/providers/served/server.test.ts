// A server of the embedded base model over real HTTP: the ports' contracts through it, to the bit; the shapes that OpenAI's
// own client reads; and who is answered at all.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import OpenAI from "openai";
import { createRecordingContext, createStream, readAll } from "../../../src/contracts/case.ts";
import { createSamplerSuite, createScorerSuite } from "../../../src/contracts/suites.ts";
import type { SampleRequest } from "../../../src/domain/ports.ts";
import { createEmbeddedRuntime, type EmbeddedRuntime } from "../../../src/embedded/runtime.ts";
import type { ServedAddress } from "../../../src/providers/served/server.ts";
import {
  createWireSampler,
  createWireScorer,
  marker,
  openServer,
  post,
  sendRaw,
  type WireChoice,
} from "../../helpers/served-client.ts";

const stories = [
  "optiza united defeated optivix tigers by 9 points in hartmouth on thursday . a crowd of 24 thousand sang all night .",
  "on saturday , dorcore bank closed a mine where 12 people worked in tarburg . the workers get 11 weeks of pay .",
  "Anna's firm bought Globex, a rival, in Berlin on Friday. 🎉 It cost $5 (five) in all, says Zoë.",
];
const headlines = [
  "optiza united beat optivix tigers in hartmouth",
  "dorcore bank shuts mine",
  "firm buys Globex, says Zoë",
];
const prompts = stories.map((text, index) => ({ id: `story-${index}`, text }));
const long = { id: "long", text: `${stories[0]} ${stories[1]} ${stories[0]}` };

let runtime: EmbeddedRuntime;
let server: ServedAddress;
let origin: string;

before(async () => {
  runtime = await createEmbeddedRuntime({ workers: 1 });
  server = await openServer(runtime);
  origin = new URL(server.url).origin;
});
after(async () => {
  await server.close();
  await runtime.close();
});

test("sampler and scorer keep their contracts through it", async (context) => {
  const model = runtime.base;
  const examples = stories.map((prompt, index) => ({ id: `row-${index}`, prompt, completion: headlines[index]! }));
  const suites = [
    ...createSamplerSuite({ sampler: createWireSampler(server.url), model, prompts, maxTokens: 16, isSeeded: true }),
    ...createScorerSuite({ scorer: createWireScorer(server.url), model, examples }),
  ];
  assert.ok(suites.length >= 12);
  for (const { name, run } of suites) await context.test(name, run);
});

test("candidates and scores are those of this process, to the bit", async () => {
  const decodings: readonly Partial<SampleRequest>[] = [
    {},
    { temperature: 0, draws: 1 },
    { temperature: 0.7, topP: 0.9, maxTokens: 9 },
    { temperature: 1.3, topK: 5, topP: 1, stop: [" in ", "bank"] },
  ];
  const given = [...prompts, long];
  for (const change of decodings) {
    const request = {
      model: runtime.base,
      draws: 4,
      temperature: 1,
      topP: null,
      topK: null,
      maxTokens: 16,
      seed: "0".repeat(64),
      promptCount: given.length,
      ...change,
    };
    const context = createRecordingContext("stage");
    const local = await readAll(runtime.sampler.sample(createStream(given), request, context));
    const served = await readAll(createWireSampler(server.url).sample(createStream(given), request, context));
    const bare = (candidates: typeof local) => candidates.map(({ attempt: _, ...candidate }) => candidate);
    assert.deepEqual(bare(served), bare(local));
  }
  const texts = [...headlines, "", ` ${stories[0]}`, "two  spaces \n and a line"];
  const examples = texts.map((completion, index) => ({ id: `row-${index}`, prompt: stories[index % 3]!, completion }));
  const request = { model: runtime.base, exampleCount: examples.length };
  const context = createRecordingContext("stage");
  const local = await readAll(runtime.scorer.score(createStream(examples), request, context));
  const served = await readAll(createWireScorer(server.url).score(createStream(examples), request, context));
  assert.deepEqual(served, local);
  assert.ok(
    local.some(({ reason }) => reason !== null),
    "one is too long",
  );
});

test("tokens are the text in pieces, each with its place and its term", async () => {
  const characters = (text: string): number => [...text].length;
  for (const story of stories) {
    const body = { model: "base", prompt: story, n: 8, seed: 3, logprobs: 1, stop: "z" };
    const { json } = await post(`${server.url}/completions`, body);
    assert.equal(json.choices.length, 8);
    let written = 0;
    for (const { text, finish_reason, logprobs } of json.choices) {
      assert.equal(logprobs.tokens.join(""), text);
      assert.equal(logprobs.tokens.length, logprobs.token_logprobs.length);
      assert.equal(logprobs.top_logprobs, null);
      let place = 0;
      for (const [at, token] of logprobs.tokens.entries()) {
        assert.equal(logprobs.text_offset[at], place);
        place += characters(token);
      }
      if (finish_reason === "length") assert.equal(logprobs.tokens.length, 16);
      written += logprobs.tokens.length;
    }
    assert.equal(json.usage.completion_tokens, written);
    assert.equal(json.usage.total_tokens, json.usage.prompt_tokens + written);
    assert.equal(json.system_fingerprint, runtime.base.digest);
    const text = `${story}${marker}${headlines[0]}`;
    const scored = await post(`${server.url}/completions`, {
      model: "base",
      prompt: text,
      echo: true,
      max_tokens: 0,
      logprobs: 0,
    });
    const [{ logprobs, text: echoed }] = scored.json.choices as [WireChoice];
    assert.equal(echoed, text);
    assert.equal(logprobs.tokens.join(""), text);
    const border = logprobs.tokens.indexOf(marker);
    assert.deepEqual(
      logprobs.token_logprobs.map((term) => term === null),
      logprobs.tokens.map((_, at) => at <= border),
    );
    assert.equal(logprobs.text_offset[border + 1], characters(story) + marker.length);
    assert.equal(logprobs.text_offset.at(-1), characters(text));
  }
});

test("a seed gives the same draws, whatever is asked beside it", async () => {
  const ask = async (body: Record<string, unknown>): Promise<string[]> => {
    const { status, json } = await post(`${server.url}/completions`, { model: "base", ...body });
    assert.equal(status, 200, JSON.stringify(json));
    return json.choices.map(({ text }) => text);
  };
  const four = await ask({ prompt: stories[0], n: 4, seed: 11 });
  assert.deepEqual(await ask({ prompt: stories[0], n: 2, seed: 11 }), four.slice(0, 2));
  assert.deepEqual((await ask({ prompt: [stories[1], stories[0]], n: 4, seed: 11 })).slice(4), four);
  assert.notDeepEqual(await ask({ prompt: stories[0], n: 4, seed: 12 }), four);
  assert.notDeepEqual(await ask({ prompt: stories[0], n: 4 }), await ask({ prompt: stories[0], n: 4 }));
  const greedy = await ask({ prompt: stories[0], n: 2, temperature: 0 });
  assert.equal(greedy[0], greedy[1]);
});

test("a prompt that is cut is said to be; one without a token is refused", async () => {
  const ask = (prompt: unknown) => post(`${server.url}/completions`, { model: "base", prompt, seed: 0 });
  const { json } = await ask([stories[0], long.text]);
  assert.deepEqual(json.warnings, ["prompt 1 has 67 tokens; the models read the first 64"]);
  assert.equal(json.usage.prompt_tokens, 22 + 64);
  assert.equal((await ask(stories[0])).json.warnings, undefined);
  const empty = await ask([stories[0], " \n"]);
  assert.deepEqual([empty.status, empty.json.error.code, empty.json.error.param], [400, "invalid_prompt", "prompt"]);
});

test("OpenAI's own client completes, chats, streams, lists and fails", async () => {
  const client = new OpenAI({ baseURL: server.url, apiKey: "none is asked for", maxRetries: 0 });
  const models = await client.models.list();
  assert.deepEqual(
    models.data.map(({ id, owned_by, created }) => [id, owned_by, created]),
    [["base", "refeed", 1_700_000_000]],
  );
  assert.deepEqual(await client.models.retrieve(runtime.base.lineage), models.data[0]);
  const body = { model: "base", prompt: stories[0]!, n: 3, seed: 5, logprobs: 0 };
  const whole = await client.completions.create(body);
  const pieces: string[] = [];
  let usage: unknown;
  for await (const event of await client.completions.create({
    ...body,
    stream: true,
    stream_options: { include_usage: true },
  })) {
    for (const { text, index, finish_reason, logprobs } of event.choices) {
      pieces[index] = text;
      assert.equal(finish_reason, whole.choices[index]!.finish_reason);
      assert.deepEqual(logprobs, whole.choices[index]!.logprobs);
    }
    usage = event.usage ?? usage;
  }
  assert.deepEqual(
    pieces,
    whole.choices.map(({ text }) => text),
  );
  assert.deepEqual(usage, whole.usage);
  const messages = [{ role: "user" as const, content: stories[0]! }];
  const chat = await client.chat.completions.create({ model: "base", messages, n: 3, seed: 5, logprobs: true });
  assert.deepEqual(
    chat.choices.map(({ message }) => message.content),
    pieces,
  );
  assert.deepEqual(
    chat.choices[0]!.logprobs!.content!.map(({ logprob }) => logprob),
    whole.choices[0]!.logprobs!.token_logprobs,
  );
  const deltas: string[] = [];
  for await (const { choices } of await client.chat.completions.create({
    model: "base",
    messages,
    n: 3,
    seed: 5,
    stream: true,
  })) {
    for (const { index, delta } of choices) deltas[index] = delta.content!;
  }
  assert.deepEqual(deltas, pieces);
  await assert.rejects(client.completions.create({ model: "gpt-4", prompt: "x" }), (error) => {
    assert.ok(error instanceof OpenAI.NotFoundError);
    assert.equal(error.code, "model_not_found");
    assert.match(error.message, /"gpt-4" is not served; served are base$/);
    return true;
  });
  await assert.rejects(
    client.completions.create({ model: "f".repeat(64), prompt: "x" }),
    /was released by the run's keepModels/,
  );
});

test("an unfinished stream is none: what fails after its beginning ends it without its last line", async () => {
  let count = 0;
  const sampler = {
    ...runtime.sampler,
    sample: (...args: Parameters<typeof runtime.sampler.sample>) => {
      if (count++ > 0) throw new Error("a worker fell over");
      return runtime.sampler.sample(...args);
    },
  };
  const faults: unknown[] = [];
  const broken = await openServer(runtime, { engine: { sampler }, onFault: (fault) => faults.push(fault) });
  // More choices than one batch holds.
  const body = JSON.stringify({ model: "base", prompt: stories[0], n: 200, stream: true });
  const headers = { "content-type": "application/json" };
  const { status, text } = await sendRaw(`${broken.url}/completions`, { method: "POST", headers, body });
  await broken.close();
  const events = text.trim().split("\n\n");
  assert.equal(status, 200);
  assert.ok(events.length > 64 && events.length < 200, `${events.length} events`);
  assert.equal(
    events.at(-1),
    'data: {"error":{"message":"an internal error","type":"server_error","param":null,"code":"server_error"}}',
  );
  assert.equal(faults.length, 1);
  assert.equal(origin.startsWith("http://127.0.0.1:"), true);
});
