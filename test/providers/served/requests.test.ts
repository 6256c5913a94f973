// What a request may hold: everything else is refused by name, in OpenAI's shape, and nothing reaches a model.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type ServedAddress, startServer } from "../../../src/providers/served/server.ts";
import { post, sendRaw } from "../../helpers/served-client.ts";
import { createSmallEngine } from "../../helpers/small-engine.ts";
import { systemClock } from "../../helpers/temporary-folder.ts";

const engine = createSmallEngine();
let server: ServedAddress;
before(async () => {
  const options = { host: "127.0.0.1", port: 0, token: null, clock: systemClock, onFault: assert.ifError };
  server = await startServer(engine, options);
});
after(() => server.close());

const seed = "0123456789abcdef".repeat(2);
/** Members beside model and prompt, the member at fault, and what is said. */
const refused: readonly (readonly [Record<string, unknown>, string | null, RegExp])[] = [
  [{ model: undefined }, "model", /model is missing/],
  [{ model: 7 }, "model", /model is 7; it must be a string/],
  [{ prompt: undefined }, "prompt", /prompt is missing/],
  [{ prompt: [1, 2, 3] }, "prompt", /prompt is a list; it must be .* token ids are not taken/],
  [{ n: 0 }, "n", /n is 0; it must be an integer from 1 to 1024/],
  [{ n: 1.5 }, "n", /an integer/],
  [{ n: "2" }, "n", /n is "2"/],
  [{ n: 600, prompt: ["a", "b"] }, "n", /2 prompts with n 600 are 1200 choices; a request may ask for 1024/],
  [{ max_tokens: 17 }, "max_tokens", /max_tokens is 17; it must be an integer from 1 to 16/],
  [{ max_tokens: 0 }, "max_tokens", /from 1 to 16/],
  [{ temperature: -0.1 }, "temperature", /temperature is -0.1/],
  [{ temperature: "hot" }, "temperature", /a number 0 or more/],
  [{ top_p: 0 }, "top_p", /a number above 0 and up to 1/],
  [{ top_p: 1.01 }, "top_p", /top_p/],
  [{ top_k: -2 }, "top_k", /top_k is -2/],
  [{ stop: "" }, "stop", /stop must be/],
  [{ stop: Array(17).fill("x") }, "stop", /at most 16/],
  [{ stop: [1] }, "stop", /stop is a list/],
  [{ seed: 2 ** 53 }, "seed", /seed is 9007199254740992; .* from -9007199254740991 to 9007199254740991/],
  [{ prompt: [] }, "prompt", /prompt is an empty list/],
  [{ seed: 0.5 }, "seed", /an integer/],
  [{ seeds: [seed], seed: 1 }, "seeds", /leave one of them out/],
  [{ seeds: [seed], n: 2 }, "seeds", /seeds must be a list of 2 texts of 32 hexadecimal digits/],
  [{ seeds: [seed.toUpperCase()] }, "seeds", /seeds must be a list of one text of 32/],
  [{ logprobs: 5 }, "logprobs", /logprobs must be 0 or 1/],
  [{ logprobs: true }, "logprobs", /logprobs must be 0 or 1/],
  [{ stream: "yes" }, "stream", /true or false/],
  [{ stream_options: { include_usage: true } }, "stream_options", /set stream to true/],
  [{ stream: true, stream_options: { chunks: 1 } }, "chunks", /chunks is no member/],
  [{ best_of: 3 }, "best_of", /best_of is 3, which this server cannot heed/],
  [{ suffix: "x" }, "suffix", /cannot heed/],
  [{ presence_penalty: 0.1 }, "presence_penalty", /cannot heed/],
  [{ logit_bias: { "5": 1 } }, "logit_bias", /cannot heed/],
  [{ min_p: 0.1 }, "min_p", /cannot heed/],
  [{ messages: [] }, "messages", /messages is no member/],
  [{ response_format: { type: "json_object" } }, "response_format", /no member/],
  [JSON.parse('{"__proto__": {"n": 2}}'), "__proto__", /no member/],
  [{ echo: true }, "max_tokens", /echo is for scoring a given text: set max_tokens to 0/],
  [{ echo: true, max_tokens: 0 }, "logprobs", /set logprobs to 0/],
  [{ echo: true, max_tokens: 0, logprobs: 0 }, "prompt", /must hold <\|summary\|> once, .* not at all/],
  [{ echo: true, max_tokens: 0, logprobs: 0, prompt: "a<|summary|>b<|summary|>c" }, "prompt", /holds it 2 times/],
  [{ echo: true, max_tokens: 0, logprobs: 0, n: 2, prompt: "a<|summary|>b" }, "n", /cannot heed/],
  [{ echo: true, max_tokens: 0, logprobs: 0, stream: true, prompt: "a<|summary|>b" }, "stream", /cannot heed/],
];

test("what cannot be heeded is refused by name", async () => {
  for (const [change, param, words] of refused) {
    const { status, json } = await post(`${server.url}/completions`, { model: "base", prompt: "a b", ...change });
    const told = JSON.stringify({ change, json });
    assert.equal(status, 400, told);
    assert.deepEqual(Object.keys(json.error), ["message", "type", "param", "code"], told);
    assert.equal(json.error.type, "invalid_request_error");
    assert.equal(json.error.param, param, told);
    assert.match(json.error.message, words);
  }
  assert.equal(engine.batches.length, 0, "no model was asked");
});

test("a chat is one message of a user", async () => {
  const user = { role: "user", content: "a" };
  const bad: readonly (readonly [Record<string, unknown>, string])[] = [
    [{}, "messages"],
    [{ messages: [] }, "messages"],
    [{ messages: [{ role: "system", content: "be brief" }, user] }, "messages"],
    [{ messages: [{ role: "assistant", content: "a" }] }, "messages"],
    [{ messages: [{ ...user, name: "x" }] }, "name"],
    [{ messages: [{ role: "user", content: [{ type: "image_url", image_url: {} }] }] }, "image_url"],
    [{ messages: [{ role: "user", content: [] }] }, "messages"],
    [{ messages: [user], prompt: "a" }, "prompt"],
    [{ messages: [user], logprobs: true, top_logprobs: 2 }, "top_logprobs"],
    [{ messages: [user], max_completion_tokens: 99 }, "max_completion_tokens"],
    [{ messages: [user], max_completion_tokens: 5, max_tokens: 5 }, "max_tokens"],
    [{ messages: [user], tools: [] }, "tools"],
    [{ messages: [user], response_format: { type: "json_object" } }, "response_format"],
  ];
  for (const [change, param] of bad) {
    const { status, json } = await post(`${server.url}/chat/completions`, { model: "base", ...change });
    assert.deepEqual([status, json.error?.param], [400, param], JSON.stringify({ change, json }));
  }
  const parts = [
    { type: "text", text: "a " },
    { type: "text", text: "b" },
  ];
  const { status } = await post(`${server.url}/chat/completions`, {
    model: "base",
    messages: [{ role: "user", content: parts }],
  });
  assert.equal(status, 200);
  assert.equal(engine.batches.at(-1)?.prompts[0]?.text, "a b");
});

test("members whose value changes nothing are taken, and null is as good as nothing", async () => {
  const idle = {
    best_of: 1,
    suffix: null,
    presence_penalty: 0,
    frequency_penalty: 0,
    logit_bias: {},
    user: "me",
    stop: null,
  };
  const { status, json } = await post(`${server.url}/completions`, {
    model: "base",
    prompt: "a",
    n: null,
    top_k: -1,
    ...idle,
  });
  assert.equal(status, 200, JSON.stringify(json));
  const { request } = engine.batches.at(-1)!;
  assert.deepEqual(
    [request.temperature, request.topP, request.topK, request.maxTokens, request.stop],
    [1, null, null, 16, undefined],
  );
});

test("a model that is not there is named, with those that are", async () => {
  const { status, json } = await post(`${server.url}/completions`, { model: "gpt-4", prompt: "a" });
  assert.deepEqual([status, json.error.code, json.error.param], [404, "model_not_found", "model"]);
  assert.equal(json.error.message, 'the model "gpt-4" is not served; served are base');
});

test("a body that is no JSON, no UTF-8 or too large is refused", async () => {
  const send = (body: string | Buffer, headers: Record<string, string> = {}) =>
    sendRaw(`${server.url}/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
    });
  const cases: readonly (readonly [string | Buffer, number, string])[] = [
    ["", 400, "invalid_json"],
    ["{", 400, "invalid_json"],
    ["[]", 400, "invalid_value"],
    ["null", 400, "invalid_value"],
    [Buffer.from([0x22, 0xff, 0x22]), 400, "invalid_json"],
    [`{"__proto__": {"model": "base"}, "prompt": "a"}`, 400, "invalid_value"],
    [`${"[".repeat(100_000)}${"]".repeat(100_000)}`, 400, "invalid_value"],
  ];
  for (const [body, status, code] of cases) {
    const reply = await send(body);
    assert.equal(reply.status, status, String(body).slice(0, 40));
    assert.equal(JSON.parse(reply.text).error.code, code);
  }
  const large = Buffer.alloc(16 * 1024 * 1024 + 1, 0x20);
  // The reply may come while the body is still on its way, and the connection be gone before the end of it.
  for (const headers of [{}, { "transfer-encoding": "chunked" }]) {
    const reply = await send(large, headers).catch((error: NodeJS.ErrnoException) => error.code);
    if (typeof reply === "object") assert.equal(reply.status, 413);
    else assert.match(String(reply), /ECONNRESET|EPIPE/);
  }
  assert.equal((await post(`${server.url}/completions`, { model: "base", prompt: "a" })).status, 200);
});
