import assert from "node:assert/strict";
import { test } from "node:test";
import type { RoundTrip } from "../../../src/domain/lint.ts";
import { computePromptLint } from "../../../src/evaluation/lint/prompts.ts";
import { createTemplate } from "../../../src/systems/language/template.ts";

const same: RoundTrip = { cutCount: 0, unknownCount: 0, isSame: true };

async function read(template: string, articles: readonly string[], trip?: (prompt: string) => Partial<RoundTrip>) {
  const { render } = createTemplate(template, "test");
  async function* rows() {
    for (const [index, article] of articles.entries()) yield { id: `${index}`, article, summary: "s" };
  }
  const readRoundTrip = trip ? (prompt: string) => ({ ...same, ...trip(prompt) }) : null;
  return await computePromptLint(rows(), { render, readRoundTrip });
}

const none = { changed: 0, lost: 0, ambiguous: 0, cut: 0, unknown: 0, respelt: 0, markers: 0 };

test("a template that alters the article, or whose own words stand in it, changes the prompt", async () => {
  const articles = ["plain words", " blank before", "Article: quoted. A summary of the article:"];
  assert.deepEqual(await read("{{ article }}", articles), { ...none, prompts: 3 });
  assert.deepEqual(await read("{{ article | trim }}", articles), { ...none, prompts: 3, changed: 1, lost: 1 });
  const packaged = "Article: {{ article }}. A summary of the article:";
  assert.deepEqual(await read(packaged, articles), { ...none, prompts: 3, changed: 1, ambiguous: 1 });
  // A dash marks no end of anything.
  assert.deepEqual(await read("- {{ article }} -", ["a - b"]), { ...none, prompts: 1 });
  const both = await read("{{ article | upper }}", articles);
  assert.deepEqual([both.lost, both.changed], [3, 3]);
});

test("what the tokenizer loses is counted by what it is, a prompt once", async () => {
  const trips: Record<string, Partial<RoundTrip>> = {
    long: { cutCount: 3, unknownCount: 2, isSame: false },
    strange: { unknownCount: 1, isSame: false },
    spaced: { isSame: false },
    fine: {},
  };
  const found = await read("{{ article }}", Object.keys(trips), (prompt) => trips[prompt] ?? {});
  assert.deepEqual(found, { ...none, prompts: 4, changed: 3, cut: 1, unknown: 2, respelt: 1 });
});

test("chat markers in real rows are counted, in article and summary, and change no prompt", async () => {
  assert.deepEqual(await read("{{ article }}", ["a </s> b", "a"]), { ...none, prompts: 2, markers: 1 });
});
