// Parquet files that lie: each is refused in one line of our own, before anything is made room for.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { zstdCompressSync } from "node:zlib";
import { nodeFiles } from "../../../src/datasets/file/bytes.ts";
import { createProblems } from "../../../src/datasets/file/problems.ts";
import { openFileDataset } from "../../../src/datasets/file-dataset.ts";
import { createParquetFormat } from "../../../src/datasets/parquet/reader.ts";
import { DatasetError } from "../../../src/errors.ts";
import { codecs, createParquet, createSnappyLie } from "../../helpers/parquet-file.ts";
import fc from "../../helpers/properties.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";

const signal = new AbortController().signal;
const columns = { article: ["one two", "three four", "five"], summary: ["1", "3", "5"] };

async function told(context: { after(end: () => void): void }, bytes: Buffer): Promise<string> {
  const folder = createTemporaryFolder(context);
  writeFileSync(join(folder, "a.parquet"), bytes);
  try {
    const { splits } = await openFileDataset({ file: "a.parquet", split: { test: 0.5, seed: 3 } }, { folder, signal });
    return `${splits.train.count + splits.test.count} rows`;
  } catch (error) {
    assert.ok(error instanceof DatasetError, (error as Error).stack);
    assert.doesNotMatch(error.message, /\n/);
    return error.what;
  }
}

test("a file made by hand is read, so that the lies below are what is refused", async (context) => {
  assert.equal(await told(context, createParquet(columns)), "3 rows");
});

test("every lie is refused for what it is", async (context) => {
  const huge = 2 ** 31 - 1;
  const lies = [
    [{ rowCount: 2 ** 31, groupRowCount: 2 ** 31 }, "says that it has 2147483648 rows, at most 100000000 are read"],
    [{ rowCount: 4 }, "the Parquet file is damaged: it says 4 rows, and its groups have 3"],
    [
      { rowCount: 9e6, groupRowCount: 9e6 },
      "the Parquet file is damaged: group 0 has pages of fewer values than the footer says",
    ],
    [{ pageValueCount: huge }, "the Parquet file is damaged: group 0 has pages of more values than the footer says"],
    [{ columnCount: 1_000_000 }, "has 1000001 columns, at most 10000 are read"],
    [{ chunkBytes: 2 ** 40 }, "group 0 of its rows has 2097152 MiB, at most 256 MiB are read"],
    [
      { pageBytes: huge, codec: codecs.snappy, page: createSnappyLie(huge) },
      "the Parquet file is damaged: group 0 has pages larger than the footer says",
    ],
    [{ codec: codecs.snappy, page: createSnappyLie(huge) }, "the Parquet file is damaged: group 0 cannot be decoded"],
    [
      { codec: codecs.zstd, page: zstdCompressSync(Buffer.alloc(5e6)) },
      "the Parquet file is damaged: group 0 cannot be decoded",
    ],
    [{ packedPageBytes: 1e6 }, "the Parquet file is damaged: group 0 has a page of an impossible size"],
    [{ codec: 3 }, "the Parquet file is damaged: group 0 has an unsupported compression codec: LZO"],
    [{ levels: "none" }, "the Parquet file is damaged: group 0 has a page whose levels have no size"],
    [{ levels: [-1, 0] }, "the Parquet file is damaged: group 0 has a page whose levels have no size"],
    [{ levels: [20, 20] }, "the Parquet file is damaged: group 0 has a page whose levels have no size"],
    [{ encoding: 4 }, "the Parquet file is damaged: group 0 has an unsupported encoding: BIT_PACKED"],
  ] as const;
  for (const [lie, what] of lies) assert.equal(await told(context, createParquet(columns, lie)), what);
  assert.equal(lies.length, 15);
});

test("a decoder that goes round for ever is ended", async (context) => {
  const folder = createTemporaryFolder(context);
  // Indices of no bits, and a run of minus eight of them: a varint of five bytes is read as an int.
  const endless = Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 0x0f]);
  const path = join(folder, "a.parquet");
  writeFileSync(path, createParquet(columns, { levels: [0, 0], page: endless, pageBytes: endless.length }));
  const format = createParquetFormat(300);
  const read = async (): Promise<void> => {
    for await (const _ of format.readRecords(
      { path, shown: "a.parquet", signal, files: nodeFiles },
      [["article"]],
      problems,
    ));
  };
  const problems = createProblems("a.parquet");
  await assert.rejects(read(), (error: Error) => {
    assert.ok(error instanceof DatasetError, error.stack);
    assert.equal(error.message, "a.parquet: a group of its rows is not decoded within 0.3 s");
    assert.match(error.next!, /smaller row groups/);
    return true;
  });
});

test("bytes that are no UTF-8 are told by row", async (context) => {
  const odd = { article: ["a", Buffer.from([0xff, 0xfe]), "c"], summary: ["1", "2", "3"] };
  assert.equal(await told(context, createParquet(odd)), '"article" is not UTF-8');
});

for (const [name, fields] of [
  ["zstd", {}],
  ["nested", { article: "messages.-1.content", summary: "answers.text.0", id: "key.id" }],
] as const) {
  test(`cut anywhere, or with any byte turned, ${name}.parquet is read or refused, and nothing else happens`, async (context) => {
    const whole = readFileSync(new URL(`../../fixtures/tables/${name}.parquet`, import.meta.url));
    const folder = createTemporaryFolder(context);
    const arbitrary = fc.record({ at: fc.nat(whole.length - 1), to: fc.nat(255), isCut: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ at, to, isCut }) => {
        const bytes = Buffer.from(whole);
        bytes[at] = to;
        writeFileSync(join(folder, "a.parquet"), isCut ? bytes.subarray(0, at) : bytes);
        await openFileDataset({ file: "a.parquet", fields }, { folder, signal }).catch((error: unknown) => {
          assert.ok(error instanceof DatasetError, (error as Error).stack);
        });
      }),
      { numRuns: 40 },
    );
  });
}
