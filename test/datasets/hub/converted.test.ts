// The hub's own conversion: taken where a data set's files are no rows, asked for by its branch, and told where it is a part.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openHubDataset } from "../../../src/datasets/hub/hub-dataset.ts";
import { pullDataset } from "../../../src/datasets/hub/pull.ts";
import { createHubWeb } from "../../../src/datasets/hub/web.ts";
import { type Branches, startHub } from "../../helpers/hub-server.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";

const signal = new AbortController().signal;
const parquet = readFileSync(new URL("../../fixtures/tables/zstd.parquet", import.meta.url));
const branch = "refs/convert/parquet";
const row = { id: "a", article: "a b", summary: "s" };
const array = JSON.stringify(Array(40).fill(row), null, 1);

async function createPull(context: TestContext, branches: Branches) {
  const server = await startHub(context, { "org/news": { branches } });
  const web = createHubWeb({ endpoint: server.endpoint, token: undefined, fetch, signal, now: Date.now });
  const folder = createTemporaryFolder(context);
  const request = { repository: "org/news", splits: [], root: join(folder, "datasets"), now: "2026-11-22T00:00:00Z" };
  return {
    folder,
    pull: (config?: string, revision?: string) => pullDataset(web, { ...request, config, revision }, () => {}),
  };
}

test("a .json file that is one array is no file of rows: the conversion is taken, where there is one", async (context) => {
  const main = { "train.json": array, "test.json": array };
  const { pull, folder } = await createPull(context, { main, [branch]: { "default/train/0000.parquet": parquet } });
  const { manifest } = await pull();
  assert.deepEqual(
    manifest.files.map(({ path }) => path),
    ["default/train/0000.parquet"],
  );
  assert.equal((await openHubDataset({ hub: "org/news" }, { folder, signal })).splits.train.count > 0, true);
  const none = await createPull(context, { main });
  await assert.rejects(none.pull(), /has no Parquet, JSON Lines or CSV files, and the hub has not converted it$/);
  // Lines under the same name are rows.
  const lines = await createPull(context, { main: { "train.json": `${JSON.stringify(row)}\n`.repeat(40) } });
  assert.deepEqual(
    (await lines.pull()).manifest.files.map(({ path }) => path),
    ["train.json"],
  );
});

test("the branch of the conversion has a configuration a folder, which are never mixed", async (context) => {
  const converted = { "en/train/0000.parquet": parquet, "fr/train/0000.parquet": parquet };
  const { pull } = await createPull(context, { main: { "loader.py": "x" }, [branch]: converted });
  const { manifest } = await pull("fr", branch);
  assert.deepEqual([manifest.config, manifest.files.map(({ path }) => path)], ["fr", ["fr/train/0000.parquet"]]);
  await assert.rejects(pull(undefined, branch), (error: Error & { readonly next?: string }) => {
    assert.match(error.message, /has several configurations$/);
    assert.match(error.next!, /: en, fr$/);
    return true;
  });
});

test("a split of which the hub has converted the beginning alone is told as a part", async (context) => {
  const converted = { "default/partial-train/0000.parquet": parquet, "default/test/0000.parquet": parquet };
  const { pull, folder } = await createPull(context, { main: { "loader.py": "x" }, [branch]: converted });
  await pull();
  const { notes } = await openHubDataset({ hub: "org/news" }, { folder, signal });
  assert.equal(notes[1], '"train" is a part: the hub has converted no more of it');
});
