import assert from "node:assert/strict";
import { test } from "node:test";
import { computeCustomId, parseLines, renderLine } from "../../../src/providers/batch/lines.ts";

test("a line is what OpenAI's Batch API and vLLM's run_batch read, and a chat", () => {
  const line = renderLine({ customId: "a", body: { model: "m", messages: [{ role: "user", content: "x\n\u2028" }] } });
  assert.equal(line.indexOf("\n"), line.length - 1);
  assert.deepEqual(JSON.parse(line), {
    custom_id: "a",
    method: "POST",
    url: "/v1/chat/completions",
    body: { model: "m", messages: [{ role: "user", content: "x\n\u2028" }] },
  });
});

test("an id is the same for every sending of a row and fits into 64 characters", () => {
  assert.equal(computeCustomId("s", "0/p"), computeCustomId("s", "0/p"));
  assert.notEqual(computeCustomId("s", "0/p"), computeCustomId("t", "0/p"));
  assert.match(computeCustomId("s", "\u{1f600}".repeat(1000)), /^refeed-[0-9a-f]{40}$/);
});

test("results are read from output and error files of both writers", () => {
  const row = (fields: object) => `${JSON.stringify({ id: "x", ...fields })}\n`;
  const text = [
    row({ custom_id: "a", response: { status_code: 200, request_id: "r", body: { choices: [] } }, error: null }),
    row({ custom_id: "b", response: { status_code: 429, body: { error: { message: "slow" } } }, error: null }),
    // OpenAI: a row that the batch ended before.
    row({ custom_id: "c", response: null, error: { code: "batch_expired", message: "not in time" } }),
    // vLLM's run_batch: any failed line, with exit code 0.
    row({ custom_id: "d", response: { status_code: 404, request_id: "r", body: null }, error: "model not found" }),
    row({ custom_id: "e", response: { status_code: 404, body: null }, error: null }),
    "\n",
    '{"custom_id": "torn", "respon',
  ].join("");
  const results = [...parseLines(text)];
  assert.deepEqual(results, [
    { kind: "answered", customId: "a", body: { choices: [] } },
    { kind: "rejected", customId: "b", status: 429, body: { error: { message: "slow" } } },
    { kind: "undone", customId: "c", reason: "batch_expired: not in time" },
    { kind: "undone", customId: "d", reason: "model not found" },
    { kind: "undone", customId: "e", reason: "status 404 and no body" },
  ]);
  const lines = parseLines('{}\nnull\n[1]\n{"custom_id": 5}\nno json\n');
  assert.deepEqual(lines.next(), { done: true, value: 5 });
});
