// Two splits of what was pulled: their ids are held against each other however their rows are asked for, and one split is not
// both of ours.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openHubDataset } from "../../../src/datasets/hub/hub-dataset.ts";
import { createShardIds } from "../../../src/datasets/hub/shard-ids.ts";
import { DatasetError } from "../../../src/errors.ts";
import { writePulled } from "../../helpers/pulled.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";

const signal = new AbortController().signal;
const noLimits = { minWords: null, maxWords: null, minCharacters: null, maxCharacters: null };
const curation = {
  filter: { empty: "drop", longer: "keep", article: noLimits, summary: noLimits },
  dedupe: { exact: "none", near: null, words: 5 },
  decontaminate: null,
} as const;
const renderRows = (ids: readonly string[]): string =>
  ids.map((id) => `${JSON.stringify({ id, article: `article ${id}`, summary: "s" })}\n`).join("");

test("an id that both splits have is refused, whether rows are curated or not", async (context) => {
  const folder = createTemporaryFolder(context);
  const root = join(folder, "datasets");
  const open = (repository: string, more: object) =>
    openHubDataset({ hub: repository, fields: { id: "id" }, ...more }, { folder, signal });
  writePulled(root, {
    repository: "org/shared",
    splits: { train: renderRows(["a", "b"]), test: renderRows(["c", "b"]) },
  });
  writePulled(root, {
    repository: "org/apart",
    splits: { train: renderRows([..."abefghij"]), test: renderRows(["c", "d"]) },
  });
  for (const more of [{}, { curation }]) {
    await assert.rejects(open("org/shared", more), (error: Error) => {
      assert.ok(error instanceof DatasetError, error.stack);
      assert.match(error.message, /"id" is "b", which line 2 of (test|train)-00000\.jsonl has already$/);
      return true;
    });
    const { splits } = await open("org/apart", more);
    assert.deepEqual([splits.train.count, splits.test.count], [8, 2]);
    // Held out of one split, both of ours are read off the same rows.
    const held = await open("org/apart", {
      ...more,
      splits: { train: "train", test: null },
      split: { test: 0.5, seed: 1 },
    });
    assert.equal(held.splits.train.count + held.splits.test.count, 8);
  }
});

test("one split of the hub's is not both of ours", async (context) => {
  const folder = createTemporaryFolder(context);
  writePulled(join(folder, "datasets"), { repository: "org/news", splits: { train: renderRows(["a", "b"]) } });
  const splits = { train: "train", test: "train" };
  await assert.rejects(openHubDataset({ hub: "org/news", splits }, { folder, signal }), (error: Error) => {
    assert.ok(error instanceof DatasetError, error.stack);
    assert.equal(error.message, 'hub:org/news, default: the split "train" would be trained and tested on');
    assert.equal(error.next, "name another with splits: {train: .., test: ..} (test: null holds rows of train out)");
    return true;
  });
});

test("an id that another file has is told with that file's name, one of the same file with its line alone", () => {
  const ids = createShardIds();
  const [first, second] = [ids.open("a"), () => ids.open("b")];
  assert.deepEqual([first.add("x", 1), first.add("y", 2), first.add("x", 3)], [undefined, undefined, 1]);
  const other = second();
  assert.deepEqual([other.add("z", 1), other.add("y", 2), other.add("z", 3)], [undefined, "2 of a", 1]);
  const third = ids.open("c");
  assert.deepEqual([third.add("z", 1), third.add("x", 2), third.add("w", 3)], ["1 of b", "1 of a", undefined]);
});

test("the only split there is trains, and rows of it are held out", async (context) => {
  const folder = createTemporaryFolder(context);
  writePulled(join(folder, "datasets"), {
    repository: "org/news",
    splits: { validation: renderRows([..."abcdefghij"]) },
  });
  const { splits, notes } = await openHubDataset({ hub: "org/news" }, { folder, signal });
  assert.equal(splits.train.count + splits.test.count, 10);
  assert.equal(notes[1], 'has no test split beside "validation": rows of it are held out by their ids');
});
