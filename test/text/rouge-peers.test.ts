// The npm packages that claim this metric: one is a second oracle, the other shows why the metric is the project's own.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import * as peer from "js-rouge";
import { createRougeScorer } from "../../src/text/rouge-scorer.ts";
import { computeTokens } from "../../src/text/tokens.ts";

interface Pair {
  readonly reference: string;
  readonly prediction: string;
}

const pairs: readonly Pair[] = readFileSync(new URL("../golden/rouge.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));

test("js-rouge, given this tokenizer, agrees on F wherever it answers; it throws on texts without a token", () => {
  const tokenizer = (text: string): string[] => computeTokens(text);
  const splitLines = (text: string): string[] => text.split("\n").filter((line) => tokenizer(line).length > 0);
  const scorer = createRougeScorer({ metrics: ["rouge1", "rouge2", "rouge3", "rougeL", "rougeLsum"] });
  let comparedCount = 0;
  for (const { reference, prediction } of pairs) {
    if (tokenizer(reference).length === 0 || tokenizer(prediction).length === 0) continue;
    const scores = scorer.compute(reference, prediction);
    const expected = {
      rouge1: peer.n(prediction, reference, { tokenizer, n: 1 }),
      rouge2: peer.n(prediction, reference, { tokenizer, n: 2 }),
      rouge3: peer.n(prediction, reference, { tokenizer, n: 3 }),
      rougeL: peer.l(prediction, reference, { tokenizer, segmenter: (text) => [text] }),
      rougeLsum: peer.l(prediction, reference, { tokenizer, segmenter: splitLines }),
    };
    for (const metric of scorer.metrics) {
      const difference = Math.abs(scores[metric].fmeasure - expected[metric]);
      assert.ok(difference < 1e-12, `${metric} of ${JSON.stringify({ reference, prediction })}`);
      comparedCount++;
    }
  }
  assert.equal(comparedCount, 2925);
  assert.throws(() => peer.n("", "a", { tokenizer }), RangeError);
});

interface Peer {
  n(candidate: string, reference: string, order?: number): number;
  l(candidate: string, reference: string): number;
  s(candidate: string, reference: string): number;
}

test("the package `rouge` cannot be the metric: set recall with case, a throw, NaN, and an endless loop", async () => {
  const require = createRequire(import.meta.url);
  const rouge: Peer = require("rouge");
  const scorer = createRougeScorer({ metrics: ["rouge1"] });
  assert.equal(rouge.n("the cat sat", "The cat sat"), 2 / 3, "case counts");
  assert.equal(rouge.n("the the the cat", "the cat"), 1, "repeating a word costs nothing");
  assert.equal(scorer.compute("the cat", "the the the cat").rouge1.fmeasure, 2 / 3);
  assert.throws(() => rouge.l("a cat sat", "a dog sat"), /Uint8Array/);
  assert.ok(Number.isNaN(rouge.s("a cat sat", "a dog sat")));

  const worker = new Worker(
    `const { parentPort, workerData } = require("node:worker_threads");
     const rouge = require(workerData);
     parentPort.postMessage("asked");
     rouge.l("the cat sat", "the cat sat");
     parentPort.postMessage("answered");`,
    { eval: true, workerData: require.resolve("rouge") },
  );
  const messages: unknown[] = [];
  worker.on("message", (message) => messages.push(message));
  await once(worker, "message");
  await wait(300);
  await worker.terminate();
  assert.deepEqual(messages, ["asked"], "equal texts never return");
});
