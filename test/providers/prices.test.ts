import assert from "node:assert/strict";
import { test } from "node:test";
import { findPrice, noPrice, pricesDate } from "../../src/providers/prices.ts";

test("a well-known model has its price, a local one none, and an unknown one is not guessed", () => {
  const openai = ["https://api.openai.com/v1"];
  assert.deepEqual(findPrice(openai, "gpt-4o-mini"), { input: 0.15, output: 0.6, request: 0 });
  assert.deepEqual(findPrice(openai, "gpt-4o-mini-2024-07-18"), findPrice(openai, "gpt-4o-mini"));
  assert.deepEqual(findPrice(openai, "gpt-4o-mini", "batch"), { input: 0.075, output: 0.3, request: 0 });
  assert.equal(findPrice(openai, "gpt-4o-audio-preview"), null);
  assert.equal(findPrice(openai, null), null);
  assert.equal(findPrice(openai, "__proto__"), null);
  assert.equal(findPrice(["https://gateway.example/v1"], "gpt-4o"), null);
  assert.equal(findPrice([...openai, "https://gateway.example/v1"], "gpt-4o"), null);
  assert.deepEqual(findPrice(["http://127.0.0.1:8000/v1", "http://10.0.0.2/v1"], "gpt-4o"), noPrice);
  assert.deepEqual(findPrice([], null), noPrice);
  assert.match(pricesDate, /^\d{4}-\d\d-\d\d$/);
});
