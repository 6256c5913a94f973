// What was pulled stays what it was: two pulls at once, files that somebody has changed, a manifest that cannot be read, and
// a hub that has converted a split anew.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { openHubDataset } from "../../../src/datasets/hub/hub-dataset.ts";
import { listPulled, readHubManifest } from "../../../src/datasets/hub/manifest.ts";
import { pullDataset } from "../../../src/datasets/hub/pull.ts";
import { createHubWeb } from "../../../src/datasets/hub/web.ts";
import { DatasetError } from "../../../src/errors.ts";
import { type HubRepository, startHub } from "../../helpers/hub-server.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";

const signal = new AbortController().signal;
const renderRows = (kind: string): string =>
  Array.from({ length: 60 }, (_, index) => {
    const article = Array.from({ length: 9 }, (_, word) => `${kind}${(index * 7 + word * 13) % 97}`).join(" ");
    return `${JSON.stringify({ id: `${kind}-${index}`, article, summary: `${kind} ${index}` })}\n`;
  }).join("");
const news: HubRepository = {
  branches: { main: { "data/train.jsonl": renderRows("train"), "data/test.jsonl": renderRows("test") } },
};

async function createDesk(context: TestContext, repository: HubRepository, folder = createTemporaryFolder(context)) {
  const server = await startHub(context, { "org/news": repository });
  const web = createHubWeb({ endpoint: server.endpoint, token: undefined, fetch, signal, now: Date.now });
  const root = join(folder, "datasets");
  const request = { repository: "org/news", config: undefined, revision: undefined, root, now: "2026-11-22T00:00:00Z" };
  const pull = (...splits: readonly string[]) => pullDataset(web, { ...request, splits }, () => {});
  return { server, folder, root, pull, open: () => openHubDataset({ hub: "org/news" }, { folder, signal }) };
}

async function tell(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => assert.fail("it was taken"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof DatasetError, (error as Error).stack);
  return `${error.what} | ${error.next}`;
}

test("several pulls of the same files at once leave each file whole and under its name", async (context) => {
  const { pull, open } = await createDesk(context, { ...news, fault: "slow" });
  const [first, ...others] = await Promise.all([pull("test"), pull("test"), pull("test"), pull("test")]);
  assert.deepEqual(readdirSync(first.folder).sort(), ["manifest.json", "test-00000.jsonl"]);
  assert.equal(readFileSync(join(first.folder, "test-00000.jsonl"), "utf8"), renderRows("test"));
  for (const { manifest } of others) assert.deepEqual(manifest, first.manifest);
  await pull("train");
  assert.equal((await open()).splits.test.count, 60);
});

test("a file that is no longer what was pulled is refused, and mended by another pull", async (context) => {
  const { pull, open, server } = await createDesk(context, news);
  const { folder } = await pull();
  assert.equal((await open()).splits.train.count, 60);
  const path = join(folder, "train-00000.jsonl");
  // Of the same length, and good rows: nothing but the digest tells.
  writeFileSync(path, renderRows("train").replace("train 0", "train 9"));
  const revision = server.commit("org/news");
  assert.equal(
    await tell(open()),
    "is not what was pulled: its digest is another than the manifest says | " +
      `pull it again: refeed datasets pull hub:org/news --config default --revision ${revision}`,
  );
  await pull();
  assert.equal(readFileSync(path, "utf8"), renderRows("train"));
  assert.equal((await open()).splits.train.count, 60);
});

test("a manifest that cannot be read is told before anything is fetched, and what to do about it holds", async (context) => {
  const { pull, open, server, root } = await createDesk(context, news);
  const { folder } = await pull();
  const path = join(folder, "manifest.json");
  const sent = server.sentBytes();
  const next = "remove it, and pull the data set again: files that are whole are not fetched again";
  const faults = [
    [() => mkdirSync(path), `the manifest cannot be read (EISDIR) | ${next}`],
    [() => writeFileSync(path, '{"schema": 1'), `the manifest is damaged | ${next}`],
    [
      () => writeFileSync(path, '{"schema": 2, "source": "x"}'),
      `the manifest is of a form that is not known here | ${next}`,
    ],
  ] as const;
  for (const [make, told] of faults) {
    rmSync(path, { recursive: true });
    make();
    for (const read of [() => pull(), open, () => listPulled(root)]) assert.equal(await tell(read()), told);
  }
  assert.equal(server.sentBytes(), sent);
  rmSync(path);
  await pull();
  assert.equal(server.sentBytes(), sent);
  assert.equal((await open()).splits.train.count, 60);
});

test("a split that the hub has converted into fewer files since is those files, and others stay", async (context) => {
  const parquet = readFileSync(new URL("../../fixtures/tables/snappy.parquet", import.meta.url));
  const main = { "README.md": "a card", "rows.tar.bz2": "packed" };
  const before = { "default/train/0000.parquet": parquet, "default/train/0001.parquet": parquet };
  const after = { "default/train/0000.parquet": parquet };
  const test = { "default/test/0000.parquet": parquet };
  const first = await createDesk(context, { branches: { main, "refs/convert/parquet": { ...before, ...test } } });
  const old = await first.pull();
  assert.equal(old.manifest.files.length, 3);
  const second = await createDesk(
    context,
    { branches: { main, "refs/convert/parquet": { ...after, ...test } } },
    first.folder,
  );
  const { folder } = await second.pull("train");
  assert.equal(folder, old.folder);
  const { files } = (await readHubManifest(folder))!;
  assert.deepEqual(files.map(({ name }) => name).sort(), ["test-00000.parquet", "train-00000.parquet"]);
  assert.equal((await second.open()).splits.train.count, 60);
});

test("files without rows are passed over among others; a split of nothing else is refused", async (context) => {
  const fixture = (name: string) => readFileSync(new URL(`../../fixtures/tables/${name}`, import.meta.url));
  const data = (split: string) => ({
    [`${split}-0.parquet`]: fixture("no-rows.parquet"),
    [`${split}-1.parquet`]: fixture("no-rows.parquet"),
  });
  const lines = { "test-0.jsonl": "", "test-1.jsonl.gz": gzipSync(""), "test-2.jsonl": renderRows("test") };
  const main = { ...data("train"), "train-2.parquet": fixture("zstd.parquet"), ...lines };
  const { pull, open } = await createDesk(context, { branches: { main } });
  await pull();
  const { splits } = await open();
  assert.deepEqual([splits.train.count, splits.test.count], [60, 60]);
  const other = await createDesk(context, { branches: { main: { ...data("train"), ...lines } } });
  await other.pull();
  assert.equal(
    await tell(other.open()),
    "the train split has no rows | name another with splits: {train: .., test: ..} (test: null holds rows of train out)",
  );
});
