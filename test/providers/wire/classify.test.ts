import assert from "node:assert/strict";
import { test } from "node:test";
import { classifyReply } from "../../../src/providers/wire/classify.ts";

const classify = (status: number, body: unknown = "", headers: Record<string, string> = {}) =>
  classifyReply({ url: "http://127.0.0.1:1/v1", status, headers, body, redact: (text) => text, now: 0 });
const error = (fields: Record<string, unknown>) => ({ error: { message: "words", ...fields } });

test("money is told from pace by the code, not by the status", () => {
  const codes =
    "insufficient_quota credit_balance_exhausted organization_spend_limit_exceeded project_spend_limit_exceeded " +
    "organization_usage_limit_exceeded billing_hard_limit_reached billing_not_active insufficient_credits";
  for (const code of codes.split(" ")) {
    for (const status of [200, 400, 403, 429]) {
      assert.equal(classify(status, error({ code })).kind, "unpaid", `${status} ${code}`);
      assert.equal(classify(status, error({ code: null, type: code })).kind, "unpaid", `${status} ${code}`);
    }
  }
  assert.equal(classify(402, "").kind, "unpaid");
  assert.equal(classify(200, error({ code: 402 })).kind, "unpaid");
  assert.equal(classify(429, error({ code: "rate_limit_exceeded", type: "tokens" })).kind, "busy");
  assert.equal(classify(429, "slow down").kind, "busy");
});

test("statuses without a telling code", () => {
  const kinds: Readonly<Record<string, readonly number[]>> = {
    busy: [408, 409, 425, 429, 500, 502, 503, 504, 520, 529],
    denied: [301, 302, 307, 400, 401, 403, 404, 405, 410, 422, 451, 501],
    refused: [413],
    unpaid: [402],
    lost: [200],
  };
  for (const [kind, statuses] of Object.entries(kinds)) {
    for (const status of statuses) assert.equal(classify(status, { error: "it says so" }).kind, kind, String(status));
  }
});

test("a prompt that is too long or filtered is refused, in every shape that servers say it in", () => {
  const bodies: readonly (readonly [number, unknown])[] = [
    [400, error({ code: "context_length_exceeded" })],
    [400, error({ code: "content_filter", innererror: { code: "ResponsibleAIPolicyViolation" } })],
    [400, error({ code: "content_policy_violation" })],
    [400, error({ type: "BadRequestError", param: "input_tokens", code: 400 })],
    // vLLM before param, SGLang, TGI, llama.cpp: no code tells it.
    [
      400,
      {
        object: "error",
        message: "This model's maximum context length is 512 tokens. However, you requested 600",
        code: 400,
      },
    ],
    [
      400,
      {
        object: "error",
        message: "The input (600 tokens) is longer than the model's context length (512 tokens).",
        code: 400,
      },
    ],
    [
      422,
      {
        error: "Input validation error: `inputs` must have less than 1024 tokens. Given: 2000",
        error_type: "validation",
      },
    ],
    [400, error({ type: "exceed_context_size_error", message: "the request exceeds the available context size" })],
  ];
  for (const [status, body] of bodies) assert.equal(classify(status, body).kind, "refused", JSON.stringify(body));
  assert.equal(classify(400, error({ message: "logprobs must be a boolean" })).kind, "denied");
  assert.equal(
    classify(422, { detail: [{ loc: ["body", "frequency"], msg: "extra fields not permitted" }] }).kind,
    "denied",
  );
});

test("a denial says the server's own words, visible and cut, and the step to take", () => {
  const fault = classify(404, error({ code: "model_not_found", message: `no \u001b[31mmodel\n x${"y".repeat(1000)}` }));
  assert.ok(fault.kind === "denied");
  assert.match(fault.reason, /^404 model_not_found: no \u241b\[31mmodel xy+\.\.\.$/);
  assert.ok(fault.reason.length < 400);
  assert.match(fault.next, /GET \/models lists them/);
  const page = classify(404, `<!DOCTYPE html><html><head><title>Not here</title></head><body>${"x".repeat(9999)}`);
  assert.ok(page.kind === "denied" && page.reason === "404: Not here");
});

test("patience is passed on, and a redirect tells its origin alone", () => {
  assert.deepEqual(classify(503, "", { "retry-after": "3" }), { kind: "busy", reason: "503", retryAfterMs: 3000 });
  const moved = classify(302, "", { location: "https://evil.example/steal?token=1" });
  assert.ok(moved.kind === "denied" && moved.reason.includes("https://evil.example (302)"));
  assert.ok(!moved.reason.includes("token"));
});

test("what a gateway says in a server's place may stand for an answer that was billed", () => {
  const mayBeBilled = (status: number): boolean => {
    const fault = classify(status, "");
    return fault.kind === "busy" && fault.mayBeBilled === true;
  };
  assert.deepEqual([502, 504, 520, 524].map(mayBeBilled), [true, true, true, true]);
  assert.deepEqual([408, 429, 500, 503, 529].map(mayBeBilled), [false, false, false, false, false]);
});

test("an error within a 200 is lost, and a body that no stack can hold is no crash", () => {
  assert.equal(classify(200, error({ code: 502 })).kind, "lost");
  const deep = JSON.parse("[".repeat(100_000) + "]".repeat(100_000)) as unknown;
  assert.equal(classify(500, { error: { message: deep } }).kind, "busy");
});
