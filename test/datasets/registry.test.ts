// Datasets by name: counts, prefixes, digests.

import assert from "node:assert/strict";
import { test } from "node:test";
import { datasetNames, openDataset } from "../../src/datasets/registry.ts";
import { computeDigest } from "../../src/keys/digest.ts";

const context = { folder: ".", signal: new AbortController().signal };

test("newswire has as many rows as asked for, and its digests are those of its rows", async () => {
  assert.deepEqual(datasetNames, ["newswire"]);
  const dataset = await openDataset({ name: "newswire", train: 30, test: 10 }, context);
  let text = "";
  let count = 0;
  for await (const { article, id, summary } of dataset.rows("test")) {
    text += `${JSON.stringify({ article, id, summary })}\n`;
    count += 1;
  }
  assert.equal(count, 10);
  assert.deepEqual(dataset.splits.test, { count: 10, digest: computeDigest(text), articleCharacters: 2372 });
  assert.equal(dataset.splits.train.count, 30);
});

test("more train rows leave the test split's digest alone, and change the dataset's", async () => {
  const [few, more] = await Promise.all(
    [30, 31].map((train) => openDataset({ name: "newswire", train, test: 10 }, context)),
  );
  assert.deepEqual(few!.splits.test, more!.splits.test);
  assert.notEqual(few!.splits.train.digest, more!.splits.train.digest);
  assert.notEqual(few!.digest, more!.digest);
});

test("without counts it has 4,000 and 1,500 rows", async () => {
  const { splits } = await openDataset({ name: "newswire" }, context);
  assert.deepEqual([splits.train.count, splits.test.count], [4000, 1500]);
});
