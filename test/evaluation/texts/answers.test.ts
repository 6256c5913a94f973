// ROUGE and loss of stored candidates: their items, their order, their refusals.

import assert from "node:assert/strict";
import test from "node:test";
import type { Candidate, StoredCandidate } from "../../../src/domain/rows.ts";
import { findTextMetric, textMetrics } from "../../../src/evaluation/metric.ts";
import { computeItemLosses, createLossMetric } from "../../../src/evaluation/texts/loss.ts";
import { createRougeMetric } from "../../../src/evaluation/texts/rouge.ts";
import { computeSeed } from "../../../src/keys/seed.ts";
import fc from "../../helpers/properties.ts";

const seed = computeSeed("answers-test");
const create = (id: number, summary: string, changes: Partial<Candidate>): StoredCandidate => ({
  id,
  promptIndex: id,
  row: { id: String(id), article: "", summary },
  candidate: {
    promptId: String(id),
    draw: 0,
    completion: "",
    finish: "stop",
    reason: null,
    logProbability: null,
    tokenCount: 0,
    tokenLogProbabilities: null,
    attempt: "",
    ...changes,
  },
});
async function* stream(...candidates: StoredCandidate[]) {
  yield* candidates;
}

test("ROUGE is one F an answer, and a refused answer is a zero, not a gap", async () => {
  const metric = createRougeMetric({ metrics: ["rouge1", "rougeL"], stemmer: false });
  const candidates = stream(
    create(0, "the cat sat", { completion: "The cat sat." }),
    create(1, "the cat sat", { completion: "sat cat the" }),
    create(2, "the cat sat", { finish: "refused", reason: "refused" }),
    create(3, "a b c d", { completion: "a b x y" }),
  );
  const [one, longest] = await metric.measure(candidates, seed);
  assert.deepEqual([...one!.items!], [1, 1, 0, 0.5]);
  assert.equal(one!.value, 0.625);
  assert.deepEqual(
    [...longest!.items!].map((item) => item.toFixed(4)),
    ["1.0000", "0.3333", "0.0000", "0.5000"],
  );
  assert.equal(one!.itemCount, 4);
  assert.ok(one!.low! < 0.625 && 0.625 < one!.high!);
  assert.deepEqual(
    metric.metrics.map(({ name }) => name),
    ["rouge1", "rougeL"],
  );
  await assert.rejects(metric.measure(stream(), seed), /rouge1 has no items/);
});

test("the stemmer is a choice", async () => {
  const measure = async (stemmer: boolean) => {
    const metric = createRougeMetric({ metrics: ["rouge1"], stemmer });
    return (await metric.measure(stream(create(0, "running", { completion: "runs" })), seed))[0]!.value;
  };
  assert.equal(await measure(false), 0);
  assert.equal(await measure(true), 1);
});

test("the loss is all nats by all tokens, and its items have it as their mean", async () => {
  const gold = stream(
    create(0, "x", { logProbability: -6, tokenCount: 2 }),
    create(1, "x", { logProbability: -2, tokenCount: 6 }),
  );
  const [loss] = await createLossMetric().measure(gold, seed);
  assert.equal(loss!.value, 1);
  assert.deepEqual([...loss!.items!], [2, 0]);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.double({ min: 0, max: 90, noNaN: true }), fc.integer({ min: 1, max: 40 })), {
        minLength: 1,
      }),
      (rows) => {
        const items = computeItemLosses(
          rows.map(([nats]) => nats),
          rows.map(([, tokens]) => tokens),
        );
        const expected =
          rows.reduce((sum, [nats]) => sum + nats, 0) / rows.reduce((sum, [, tokens]) => sum + tokens, 0);
        const mean = items.reduce((sum, item) => sum + item, 0) / items.length;
        assert.ok(Math.abs(mean - expected) < 1e-9 * Math.max(1, expected));
      },
    ),
  );
  // Every text at the same nats a token: lengths alone move nothing.
  assert.deepEqual([...computeItemLosses([2, 6, 10], [1, 3, 5])], [2, 2, 2]);
  assert.deepEqual([...computeItemLosses([2, Infinity], [1, 3])], [Infinity, Infinity]);
  assert.throws(() => computeItemLosses([], []), /at least one token/);
  await assert.rejects(
    createLossMetric().measure(stream(create(7, "x", {})), seed),
    /test row 7 has no log-probability/,
  );
});

test("every metric is declared once, with its direction", () => {
  assert.equal(new Set(textMetrics.map(({ name }) => name)).size, textMetrics.length);
  assert.equal(findTextMetric("loss")?.better, "lower");
  assert.equal(findTextMetric("duplicates")?.hasItems, false);
  assert.equal(findTextMetric("rouge9"), undefined);
});
