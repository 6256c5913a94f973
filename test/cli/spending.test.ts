// What a run has spent, reserved and will have, as its live line and its status tell it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCost, validateCost } from "../../src/cli/max-cost.ts";
import { projectCost, renderSpending, renderSpent } from "../../src/cli/spending.ts";
import type { Spending } from "../../src/domain/context.ts";
import { UsageError } from "../../src/errors.ts";
import { parseExperiment } from "../../src/experiment/parse.ts";

const none = { usd: 0, requests: 0, tokens: 0 };
const spend = (usd: number, requests: number, tokens: number, more: Partial<Spending> = {}): Spending => ({
  ...{ spent: { usd, requests, tokens }, reserved: none, possiblyPaid: none },
  ...more,
});
const outlook = { forecast: { calls: 900, usd: 9 }, budget: { usd: 20 } };
const over = { forecast: { calls: 0, usd: 0 }, budget: {} };

test("what will have been taken is what was answered, what may have been and what is still to come", () => {
  const spending = spend(2, 200, 2000, {
    reserved: { usd: 7, requests: 3, tokens: 9 },
    possiblyPaid: { usd: 0.5, requests: 4, tokens: 70 },
  });
  assert.deepEqual(projectCost(spending, outlook.forecast), { usd: 11.5, requests: 1104 });
});

test("the line tells spent, cap and end; requests alone where nothing costs anything; nothing where nothing was sent", () => {
  const spent = spend(2, 200, 2000);
  assert.equal(
    renderSpending(spent, outlook, false),
    ", $2.00 of $20.00 spent (200 requests, 2000 tokens), about $11.00 at the end",
  );
  assert.equal(renderSpending(spent, outlook, true), ", $2.00 of $20.00 spent (200 requests, 2000 tokens)");
  const free = { forecast: { calls: 480, usd: 0 }, budget: {} };
  assert.equal(renderSpending(spend(0, 20, 9), free, false), ", 20 of about 500 requests");
  assert.equal(renderSpending(spend(0, 500, 9), over, true), ", 500 requests");
  assert.equal(renderSpending(spend(0, 0, 0), free, false), "");
  assert.equal(renderSpending(spend(0, 1, 1), over, false), ", 1 request");
  assert.match(renderSpending(spend(0, 1, 1), { ...over, budget: { usd: 1 } }, true), /spent \(1 request, 1 token\)$/);
  assert.match(renderSpending(spend(0.00123, 30, 9), { ...over, budget: { usd: 1 } }, true), /\$0\.0012 of/);
});

test("each cap stands beside what counts against it", () => {
  const budget = { requests: 500, tokens: 100_000 };
  const free = { forecast: { calls: 480, usd: 0 }, budget };
  assert.equal(
    renderSpending(spend(0, 20, 900), free, false),
    ", 20 of 500 requests, 900 of 100000 tokens, about 500 requests at the end",
  );
  const held = { reserved: { usd: 0, requests: 2, tokens: 60 }, possiblyPaid: { usd: 0, requests: 1, tokens: 30 } };
  assert.equal(
    renderSpending(spend(0, 20, 900, held), { ...free, budget: { requests: 500 } }, true),
    ", 20 of 500 requests, 900 tokens, 2 requests, 60 tokens reserved, 1 request, 30 tokens possibly paid",
  );
  assert.equal(
    renderSpending(spend(2, 200, 2000), { ...outlook, budget: { usd: 20, ...budget } }, true),
    ", $2.00 of $20.00 spent (200 of 500 requests, 2000 of 100000 tokens)",
  );
});

test("the line and status tell spent, reserved and possibly paid apart, by the same words and figures", () => {
  const spending = spend(1.5, 200, 1800, {
    reserved: { usd: 0.5, requests: 2, tokens: 200 },
    possiblyPaid: { usd: 0.64, requests: 64, tokens: 6400 },
  });
  assert.equal(
    renderSpending(spending, outlook, false),
    ", $1.50 of $20.00 spent (200 requests, 1800 tokens), at most $0.50 reserved (2 requests, 200 tokens), " +
      "at most $0.64 possibly paid (64 requests, 6400 tokens), about $11.14 at the end",
  );
  assert.equal(
    renderSpent(spending),
    "spent: $1.50 (200 requests, 1800 tokens); reserved: at most $0.50 (2 requests, 200 tokens); " +
      "possibly paid: at most $0.64 (64 requests, 6400 tokens)",
  );
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

test("--max-cost takes dollars, more than 0, and nothing else", () => {
  assert.deepEqual(["2.50", "$3", ".5"].map(parseCost), [2.5, 3, 0.5]);
  for (const text of ["0", "$0.00", "NaN", "", "x", "-1", "1e3", "5 EUR", "1,5", "Infinity"])
    assert.throws(() => parseCost(text), UsageError);
});
