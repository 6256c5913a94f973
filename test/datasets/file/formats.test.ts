// The same rows from every format: one digest, whoever wrote the file and however it is packed.

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { openFileDataset } from "../../../src/datasets/file-dataset.ts";
import { DatasetError } from "../../../src/errors.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";

const fixtures = new URL("../../fixtures/tables/", import.meta.url).pathname;
const signal = new AbortController().signal;
const names = "rows.csv snappy.parquet gzip.parquet zstd.parquet lz4.parquet brotli.parquet none.parquet".split(" ");

const open = (file: string, fields: Readonly<Record<string, string>> = {}, folder = fixtures) =>
  openFileDataset({ file, fields }, { folder, signal });

test("JSON Lines, CSV and Parquet of six codecs hold the same rows", async () => {
  const expected = await open("rows.jsonl");
  assert.equal(expected.splits.train.count + expected.splits.test.count, 60);
  for (const name of names) {
    const { digest, notes } = await open(name);
    assert.deepEqual([name, digest, notes], [name, expected.digest, expected.notes]);
  }
  assert.equal(names.length, 7);
});

test("packed CSV and tab-separated values are read alike", async (context) => {
  const folder = createTemporaryFolder(context);
  const expected = await open("rows.jsonl");
  writeFileSync(join(folder, "rows.csv.gz"), gzipSync(readFileSync(join(fixtures, "rows.csv"))));
  assert.equal((await open("rows.csv.gz", {}, folder)).digest, expected.digest);
  const rows = readFileSync(join(fixtures, "rows.jsonl"), "utf8").trimEnd().split("\n");
  const cells = rows.map((line) => {
    const { id, article, summary } = JSON.parse(line) as Record<string, string>;
    return [id, `"${article!.replaceAll('"', '""')}"`, summary].join("\t");
  });
  writeFileSync(join(folder, "rows.tsv"), ["id\tarticle\tsummary", ...cells, ""].join("\r\n"));
  assert.equal((await open("rows.tsv", {}, folder)).digest, expected.digest);
});

test("whole numbers may be ids, and without one the number of the row is", async () => {
  const { digest } = await open("rows.jsonl", { id: "n" });
  for (const name of ["rows.csv", "snappy.parquet"]) assert.equal((await open(name, { id: "n" })).digest, digest);
  const swapped = await open("zstd.parquet", { article: "summary", summary: "article" });
  assert.equal(swapped.digest, (await open("rows.jsonl", { article: "summary", summary: "article" })).digest);
});

test("columns that hold no texts, or are not there, are refused by name", async (context) => {
  const folder = createTemporaryFolder(context);
  cpSync(join(fixtures, "snappy.parquet"), join(folder, "a.parquet"));
  const refused = [
    ["extra", /the field "extra" is nested; it has "extra.0"/],
    ["price", /the field "price" is a decimal/],
    ["when", /the field "when" is TIMESTAMP/],
    ["n", /row 1: "n" must be text, is a (number|bigint)/],
    ["body", /has no field "body" for the article; it has "id", "n", "article", "summary", "extra.0", "price", "when"/],
  ] as const;
  for (const [article, message] of refused) {
    await assert.rejects(open("a.parquet", { article }, folder), (error: Error) => {
      assert.ok(error instanceof DatasetError, error.stack);
      assert.match(error.message, message);
      return true;
    });
  }
  await assert.rejects(open("no-rows.parquet"), /^DatasetError: no-rows\.parquet: has no rows$/);
});

test("a group without rows is passed over", async () => {
  const { splits } = await open("gap.parquet");
  assert.equal(splits.train.count + splits.test.count, 9);
});
