// Which rows make which batches, and how many; the gradient step is a recorder.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { EncodedRow } from "../../../src/embedded/engine/batch.ts";
import { trainModel } from "../../../src/embedded/engine/train.ts";
import { createParameters } from "../../../src/embedded/shape.ts";
import { computeSeed } from "../../../src/keys/seed.ts";
import { createRandom } from "../../../src/math/random.ts";
import { createToyRows, encodeToyRow, toyShape, toyVocabulary } from "../../helpers/toy-corpus.ts";

async function train(rowCount: number, change: { epochs?: number; steps?: number; cancelAfter?: number } = {}) {
  const { epochs = 1, steps = null, cancelAfter = Number.POSITIVE_INFINITY } = change;
  const encoded = createToyRows(rowCount).map(encodeToyRow);
  const batches: number[][] = [];
  const reports: number[] = [];
  let pulledCount = 0;
  const rows = async function* (): AsyncGenerator<EncodedRow> {
    for (const row of encoded) {
      pulledCount++;
      yield row;
    }
  };
  const trained = await trainModel(rows(), {
    parameters: createParameters(toyShape, createRandom(computeSeed("train"))),
    shape: toyShape,
    vocabulary: toyVocabulary,
    params: { epochs, steps, batch: 4, rate: 0.01, warmup: 0, hidden: 0 },
    rowCount,
    seed: "seed",
    step: {
      run(_parameters, _gradients, { tokens, targetCount }) {
        const length = tokens.length / 4;
        const read = (row: number): Uint16Array => tokens.subarray(row * length, (row + 1) * length);
        const indexes = [0, 1, 2, 3].map((row) => encoded.findIndex((each) => `${each.tokens}` === `${read(row)}`));
        batches.push(indexes.filter((index) => index >= 0));
        return targetCount;
      },
    },
    isCancelled: () => batches.length >= cancelAfter,
    report: (done) => reports.push(done),
  });
  return { trained, batches, reports, pulledCount };
}

test("one epoch takes every row once, in order, the last batch short", async () => {
  const { trained, batches, reports } = await train(10);
  assert.deepEqual(batches.flat(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(
    batches.map(({ length }) => length),
    [4, 4, 2],
  );
  assert.deepEqual([trained.rows, trained.steps, reports.at(-1)], [10, 3, 3]);
});

test("later epochs are shuffled, each its own way, and hold every row once", async () => {
  const { batches, trained } = await train(10, { epochs: 3 });
  const epochs = [batches.slice(0, 3).flat(), batches.slice(3, 6).flat(), batches.slice(6).flat()];
  for (const epoch of epochs) assert.deepEqual([...epoch].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(new Set(epochs.map(String)).size, 3);
  assert.equal(trained.steps, 9);
  assert.deepEqual((await train(10, { epochs: 3 })).batches, batches);
});

test("a number of steps goes round as often as it takes, or stops early without reading on", async () => {
  assert.equal((await train(6, { steps: 7 })).batches.length, 7);
  const early = await train(40, { steps: 2 });
  assert.equal(early.batches.length, 2);
  assert.ok(early.pulledCount <= 9, `${early.pulledCount}`);
});

test("tokens and the loss of the last tenth are counted", async () => {
  const { trained } = await train(40);
  const targets = createToyRows(40).map((row) => encodeToyRow(row).targets.length);
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  assert.equal(trained.tokens, sum(targets));
  assert.equal(trained.loss, sum(targets.slice(36)));
});

test("a cancelled training stops between batches", async () => {
  const { trained } = await train(40, { cancelAfter: 3 });
  assert.equal(trained.steps, 3);
});
