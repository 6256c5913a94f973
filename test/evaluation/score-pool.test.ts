import assert from "node:assert/strict";
import { test } from "node:test";
import { DatasetError } from "../../src/errors.ts";
import type { Batch, BatchOptions, BatchResult } from "../../src/evaluation/score-batch.ts";
import { createScorePool } from "../../src/evaluation/score-pool.ts";
import { createText, toLines } from "./score-sources.ts";

const options: BatchOptions = {
  metrics: ["rouge1", "rouge2"],
  stemmer: true,
  predictions: { name: "p", hasIds: false },
  references: { name: "r", hasIds: false },
  rows: true,
};

/** Batches of very different sizes, so that threads finish out of order; `badLine` has no prediction. */
async function* createBatches(batchCount: number, badLine?: number): AsyncIterable<Batch> {
  for (let index = 0, first = 1; index < batchCount; index++) {
    const count = index % 3 === 0 ? 200 : 3;
    const numbers = Array.from({ length: count }, (_, at) => first + at);
    const encode = (rows: readonly unknown[]) => ({ bytes: new TextEncoder().encode(toLines(rows)), count, first });
    yield {
      predictions: encode(numbers.map((line) => (line === badLine ? {} : { prediction: createText(line) }))),
      references: encode(numbers.map((line) => ({ reference: createText(line * 5) }))),
    };
    first += count;
  }
}

async function collect(workerCount: number, batches: AsyncIterable<Batch>): Promise<BatchResult[]> {
  const pool = createScorePool(options, workerCount);
  const results: BatchResult[] = [];
  try {
    for await (const result of pool.score(batches)) results.push(result);
    return results;
  } finally {
    await pool.close();
  }
}

test("threads give the same results in the same order as none", async () => {
  const alone = [...(await collect(1, createBatches(15)))];
  const together = await collect(3, createBatches(60));
  assert.equal(together.length, 60);
  assert.deepEqual(together.slice(0, 15), alone);
  assert.deepEqual(await collect(1, createBatches(60)), together);
});

test("the first bad row in order is told, by whichever thread", async () => {
  for (const badLine of [5, 3000]) {
    await assert.rejects(collect(2, createBatches(60, badLine)), (error) => {
      assert.ok(error instanceof DatasetError);
      assert.equal(error.message, `p:${badLine}: has no "prediction"`);
      assert.match(error.next ?? "", /one object a line/);
      return true;
    });
  }
});

test("a failure of the batches comes after the results before it", async () => {
  async function* createFailing(): AsyncIterable<Batch> {
    yield* createBatches(40, 2000);
    throw new Error("the disk is gone");
  }
  await assert.rejects(collect(2, createFailing()), /p:2000/);
  async function* createOnlyFailing(): AsyncIterable<Batch> {
    yield* createBatches(40);
    throw new Error("the disk is gone");
  }
  const pool = createScorePool(options, 2);
  let count = 0;
  await assert.rejects(async () => {
    for await (const _ of pool.score(createOnlyFailing())) count++;
  }, /the disk is gone/);
  assert.equal(count, 40);
  await pool.close();
});

test("a pool can be left early and used again", async () => {
  const pool = createScorePool(options, 2);
  for await (const _ of pool.score(createBatches(50))) break;
  let count = 0;
  for await (const _ of pool.score(createBatches(30))) count++;
  assert.equal(count, 30);
  await pool.close();
});
