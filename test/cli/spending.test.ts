// What a run has spent, reserved and will have, as its live line and its status tell it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCost, validateCost } from "../../src/cli/max-cost.ts";
import { projectCost, renderSpending, renderSpent } from "../../src/cli/spending.ts";
import type { Spending } from "../../src/domain/context.ts";
import { UsageError } from "../../src/errors.ts";
import { parseExperiment } from "../../src/experiment/parse.ts";

const none = { usd: 0, requests: 0, tokens: 0 };
const spend = (usd: number, requests: number, tokens: number, reserved = none): Spending => ({
  spent: { usd, requests, tokens },
  reserved,
  possiblyPaid: none,
});
const expected = { atStart: spend(1, 100, 1000), outside: { calls: 1000, usd: 50 }, budget: { usd: 20 } };

test("before anything is known the estimate stands; after twenty calls their own mean does", () => {
  assert.equal(projectCost(spend(1.1, 110, 1100), expected), 51);
  assert.equal(projectCost(spend(2, 200, 2000), expected), 2 + 9);
  // Calls under way stand for what they may cost.
  assert.equal(projectCost(spend(1.5, 200, 2000, { usd: 0.5, requests: 0, tokens: 1 }), expected), 2 + 9);
  assert.equal(projectCost(spend(12, 2000, 2000), expected), 12);
});

test("the line tells spent, cap and end; requests alone where nothing costs anything; nothing where nothing was sent", () => {
  const spent = spend(2, 200, 2000);
  assert.equal(
    renderSpending(spent, expected, false),
    ", $2.00 of $20.00 spent (200 requests, 2000 tokens), about $11.00 at the end",
  );
  assert.equal(renderSpending(spent, expected, true), ", $2.00 of $20.00 spent (200 requests, 2000 tokens)");
  const free = { atStart: spend(0, 0, 0), outside: { calls: 500, usd: 0 }, budget: {} };
  assert.equal(renderSpending(spend(0, 20, 9), free, false), ", 20 of about 500 requests");
  assert.equal(renderSpending(spend(0, 0, 0), free, false), "");
  const one = spend(0, 1, 1);
  const unknown = { ...free, outside: { calls: 0, usd: 0 } };
  assert.equal(renderSpending(one, unknown, false), ", 1 request");
  assert.match(renderSpending(one, { ...unknown, budget: { usd: 1 } }, true), /spent \(1 request, 1 token\)$/);
  assert.match(renderSpending(spend(0.00123, 30, 9), { ...free, budget: { usd: 1 } }, true), /\$0\.0012 of/);
});

test("the line and status tell spent and reserved apart, by the same words and figures", () => {
  const spending = spend(1.5, 200, 1800, { usd: 0.5, requests: 0, tokens: 200 });
  assert.equal(
    renderSpending(spending, expected, false),
    ", $1.50 of $20.00 spent (200 requests, 1800 tokens), $0.50 reserved (200 tokens), about $11.00 at the end",
  );
  assert.equal(renderSpent(spending), "spent: $1.50 (200 requests, 1800 tokens); reserved: $0.50 (200 tokens)");
  assert.equal(renderSpent(spend(0, 0, 0)), "spent: $0.00 (0 requests, 0 tokens)");
});

test("a cap in dollars is refused where nobody knows the price", () => {
  const read = (endpoint: string, more = "") =>
    parseExperiment(
      `dataset: { name: newswire }\nendpoints: { teacher: ${endpoint} }\nmodel: { first: { endpoint: teacher } }\n${more}`,
    );
  const unknown = "{ url: https://models.example.com/v1, model: m }";
  const priced = "{ url: https://models.example.com/v1, model: m, price: { input: 0, output: 0 } }";
  const expected = /nobody knows what the endpoint teacher costs/;
  assert.throws(() => read(unknown, "budget: { usd: 5 }"), expected);
  assert.throws(() => validateCost(read(unknown), 5), expected);
  validateCost(read(unknown), undefined);
  for (const endpoint of [
    priced,
    "{ url: http://127.0.0.1:1/v1, model: m }",
    "{ url: https://api.openai.com/v1, model: gpt-4o }",
  ]) {
    validateCost(read(endpoint, "budget: { usd: 5 }"), 5);
  }
});

test("--max-cost takes dollars and nothing else", () => {
  assert.deepEqual(["2.50", "$3", ".5", "0"].map(parseCost), [2.5, 3, 0.5, 0]);
  for (const text of ["", "x", "-1", "1e3", "5 EUR", "1,5", "Infinity"])
    assert.throws(() => parseCost(text), UsageError);
});
