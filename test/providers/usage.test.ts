// What is counted and paid of a reply: counts alone, however a server spells them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readUsage } from "../../src/providers/usage.ts";

const price = { input: 1_000_000, output: 2_000_000, request: 0.5 };

test("use is read where servers tell it, and priced as reserved where they do not", () => {
  const openai = { usage: { prompt_tokens: 3, completion_tokens: 2 } };
  assert.deepEqual(readUsage(openai, price, 9), { promptTokens: 3, completionTokens: 2, usd: 7.5 });
  const sglang = { meta_info: { prompt_tokens: 3, completion_tokens: 2 } };
  assert.deepEqual(readUsage(sglang, price, 9), { promptTokens: 3, completionTokens: 2, usd: 7.5 });
  const tgi = { details: { generated_tokens: 2 } };
  assert.deepEqual(readUsage(tgi, price, 9), { promptTokens: null, completionTokens: 2, usd: 13.5 });
  assert.deepEqual(readUsage("nothing", price, 9), { promptTokens: null, completionTokens: null, usd: 9.5 });
});

test("what is no count gives no money back, and breaks no books", () => {
  for (const count of [-1_000_000, 3.5, "3", null, Number.NaN, 2 ** 60]) {
    const reply = { usage: { prompt_tokens: count, completion_tokens: count } };
    assert.deepEqual(readUsage(reply, price, 9), { promptTokens: null, completionTokens: null, usd: 9.5 });
  }
});
