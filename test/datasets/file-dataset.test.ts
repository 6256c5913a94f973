// A dataset from a file: what it holds, which rows are test rows, and that it stays the same between readings.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Dataset } from "../../src/datasets/dataset.ts";
import { type FileDeclaration, openFileDataset } from "../../src/datasets/file-dataset.ts";
import type { Row, Split } from "../../src/domain/rows.ts";
import { DatasetError } from "../../src/errors.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

function render(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

function createRows(count: number, first = 0): Row[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `r${first + index}`,
    article: `article ${first + index}`,
    summary: `summary ${first + index}`,
  }));
}

function createOpener(context: TestContext) {
  const folder = createTemporaryFolder(context);
  const signal = new AbortController().signal;
  return {
    write: (content: string | Buffer, name = "a.jsonl") => writeFileSync(join(folder, name), content),
    open: (declaration: Partial<FileDeclaration> = {}) =>
      openFileDataset({ file: "a.jsonl", ...declaration }, { folder, signal }),
  };
}

/** What a file of `createRows` says of its lengths. */
const lengthNote = "articles have 2 words at the median and 2 at most, summaries 2 and 2";

async function collect(dataset: Dataset, split: Split): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of dataset.rows(split)) rows.push(row);
  return rows;
}

test("rows come out as they went in, in order, each in one split, as often as they are asked for", async (context) => {
  const { write, open } = createOpener(context);
  const rows = createRows(500);
  write(render(rows));
  const dataset = await open();
  const [train, held] = [await collect(dataset, "train"), await collect(dataset, "test")];
  assert.deepEqual([dataset.splits.train.count, dataset.splits.test.count], [train.length, held.length]);
  assert.deepEqual(await collect(dataset, "test"), held);
  const place = new Map(rows.map((row, index) => [row.id, index]));
  const inOrder = [...train, ...held].sort((left, right) => place.get(left.id)! - place.get(right.id)!);
  assert.deepEqual(inOrder, rows);
  assert.ok(held.length > 70 && held.length < 130, `${held.length} of 500 test rows at 20 %`);
  assert.deepEqual(dataset.notes, [lengthNote]);
});

test("the split goes by id and seed: more rows, or another order, move no row", async (context) => {
  const { write, open } = createOpener(context);
  const few = createRows(200);
  write(render(few));
  const before = await collect(await open({ split: { test: 0.3, seed: 7 } }), "test");
  write(render([...createRows(300, 200), ...few].reverse()));
  const after = new Set((await collect(await open({ split: { test: 0.3, seed: 7 } }), "test")).map(({ id }) => id));
  const fewIds = new Set(few.map(({ id }) => id));
  assert.deepEqual([...after].filter((id) => fewIds.has(id)).sort(), before.map(({ id }) => id).sort());
  const other = await collect(await open({ split: { test: 0.3, seed: 8 } }), "test");
  assert.notDeepEqual(other.map(({ id }) => id).sort(), [...after].sort());
});

test("a dataset's digest is that of its rows: not of spacing, packing, byte order mark or other fields", async (context) => {
  const { write, open } = createOpener(context);
  const rows = createRows(50);
  write(render(rows));
  const { digest } = await open();
  write(
    `\ufeff${rows.map((row) => `${JSON.stringify({ other: 1, ...row }, null, 1).replaceAll("\n", " ")}\r\n`).join("")}`,
  );
  const marked = await open();
  assert.equal(marked.digest, digest);
  assert.deepEqual(marked.notes, [
    "starts with a byte order mark, which is skipped",
    "has lines that end in CR LF, read as LF",
    lengthNote,
  ]);
  write(gzipSync(render(rows)), "b.jsonl.gz");
  assert.equal((await open({ file: "b.jsonl.gz" })).digest, digest);
  write(render(rows.map((row, index) => (index === 40 ? { ...row, summary: "another" } : row))));
  assert.notEqual((await open()).digest, digest);
});

test("fields have the file's names, and a file without ids uses its line numbers", async (context) => {
  const { write, open } = createOpener(context);
  write(render(createRows(40).map(({ id, article, summary }) => ({ fname: id, dialogue: article, summary }))));
  const plain = await open({ fields: { article: "dialogue" } });
  assert.deepEqual(plain.notes, ["has no ids: the number of its line is the id of a row", lengthNote]);
  const rows = [...(await collect(plain, "train")), ...(await collect(plain, "test"))];
  for (const { id, article } of rows) assert.equal(article, `article ${Number(id) - 1}`);
  assert.equal(rows.length, 40);
  const named = await open({ fields: { id: "fname", article: "dialogue" } });
  assert.match((await collect(named, "train"))[0]!.id, /^r\d+$/);
});

test("train and test take the first rows of their split", async (context) => {
  const { write, open } = createOpener(context);
  write(render(createRows(300)));
  const whole = await open();
  const part = await open({ train: 20, test: 5 });
  assert.deepEqual(await collect(part, "train"), (await collect(whole, "train")).slice(0, 20));
  assert.deepEqual(await collect(part, "test"), (await collect(whole, "test")).slice(0, 5));
});

test("splits that are too small, and articles in both splits", async (context) => {
  const { write, open } = createOpener(context);
  write(render(createRows(300)));
  const next = (share: number) => `ask for fewer rows, change split.test (${share}) or split.seed, or add rows`;
  assert.deepEqual(await tell(open({ test: 500 })), [`a.jsonl: the test split has 66 rows, not 500`, next(0.2)]);
  assert.deepEqual(await tell(open({ split: { test: 1e-9, seed: 0 } })), [
    "a.jsonl: no row falls into the test split: of 300 rows, each goes by the hash of its id",
    next(1e-9),
  ]);
  // Three rows, none of which a share of half leaves for training: the first seed at which that happens.
  write(render(createRows(3)));
  assert.deepEqual(await tell(open({ split: { test: 0.5, seed: 7 } })), [
    "a.jsonl: no row falls into the train split: of 3 rows, each goes by the hash of its id",
    next(0.5),
  ]);
  write(render(createRows(300).map((row, index) => (index < 20 ? { ...row, article: "the same" } : row))));
  const { notes } = await open();
  assert.deepEqual([notes.length, notes[0]], [2, lengthNote]);
  assert.match(notes[1]!, /^\d+ rows have the article of a row of the other split$/);
});

test("a field split that says train or test is how a file is split, unless the declaration says otherwise", async (context) => {
  const { write, open } = createOpener(context);
  const rows = createRows(20).map((row, index) => ({ ...row, split: index < 15 ? "train" : "test" }));
  write(render(rows));
  const ids = async (dataset: Dataset, split: Split) => (await collect(dataset, split)).map(({ id }) => id);
  // The last is what a resolved experiment says when its author said nothing.
  for (const declaration of [{}, { split: { test: 0.2, seed: 0 } }]) {
    const dataset = await open(declaration);
    assert.deepEqual(
      [await ids(dataset, "train"), await ids(dataset, "test")],
      [rows.slice(0, 15).map(({ id }) => id), rows.slice(15).map(({ id }) => id)],
    );
    assert.deepEqual(dataset.notes, ['is split as its field "split" says', lengthNote]);
    assert.deepEqual(Object.keys((await collect(dataset, "train"))[0]!), ["id", "article", "summary"]);
  }
  assert.deepEqual((await ids(await open({ train: 2, test: 3 }), "test")).length, 3);
  const asked = await open({ split: { test: 0.5, seed: 3 } });
  assert.deepEqual(asked.notes, [lengthNote]);
  assert.ok((await ids(asked, "test")).some((id) => Number(id.slice(1)) < 15));
  write(render(rows.map((row) => ({ ...row, split: 7 }))));
  assert.deepEqual((await open()).notes, [lengthNote]);
});

test("a field split that stops saying train or test is refused, and so is a file of one split", async (context) => {
  const { write, open } = createOpener(context);
  const [first, second] = createRows(2).map((row) => ({ split: "train", ...row }));
  const next = "write train or test into every row, or remove the field to split by ids";
  write(render([first!, { ...second, split: "validation" }]));
  assert.deepEqual(await tell(open()), [
    'a.jsonl:2:10 (byte 81): "split" is "validation", not "train" or "test"',
    next,
  ]);
  write(render([first!, ...createRows(1, 1)]));
  assert.deepEqual(await tell(open()), ['a.jsonl:2:1 (byte 72): has no field "split", which the first row has', next]);
  write(render([first!, second!]));
  assert.deepEqual(await tell(open()), [
    "a.jsonl: no row falls into the test split",
    'ask for fewer rows, or add rows whose "split" is "test"',
  ]);
});

test("problems of many rows are told together, the first three and a count", async (context) => {
  const { write, open } = createOpener(context);
  write(render(createRows(5).map(({ id }) => ({ id, summary: "s" }))));
  const line = (number: number) =>
    `a.jsonl:${number}:1 (byte ${(number - 1) * 26}): has no field "article" for the article; it has "id", "summary"`;
  assert.deepEqual(await tell(open()), [
    `${line(1)}\n${line(2)}\n${line(3)}\nand 2 more problems`,
    "name the field that holds it: fields: {article: ...}",
  ]);
  write(render([...createRows(3), ...createRows(1)]));
  assert.deepEqual(await tell(open()), [
    'a.jsonl:4:7 (byte 174): "id" is "r0", which line 1 has already',
    "give every row an id of its own",
  ]);
});

test("a file that changes between two readings is refused", async (context) => {
  const { write, open } = createOpener(context);
  write(render(createRows(30)));
  const dataset = await open();
  write(render(createRows(30, 1)));
  assert.deepEqual(await tell(collect(dataset, "train")), [
    "a.jsonl: changed since it was first read",
    "start again, with a file that nothing writes to",
  ]);
});

test("a packed file is checked whole before its rows are", async (context) => {
  const { write, open } = createOpener(context);
  const packed = gzipSync(`not a row\n${render(createRows(2000))}`);
  write(packed.subarray(0, packed.length - 10), "a.jsonl.gz");
  const [cut] = await tell(open({ file: "a.jsonl.gz" }));
  assert.match(cut!, /^a\.jsonl\.gz: the gzip data is cut off after [\d,]+ unpacked bytes$/);
  write(packed, "a.jsonl.gz");
  const [whole] = await tell(open({ file: "a.jsonl.gz" }));
  assert.match(whole!, /^a\.jsonl\.gz:1:1 \(byte 0\): not valid JSON: not is not a JSON value$/);
});

test("a million bad lines are given up after the first thousand", async (context) => {
  const { write, open } = createOpener(context);
  write("\n".repeat(1_000_000));
  const [told] = await tell(open());
  assert.match(told!, /blank line\nand at least 997 more problems$/);
});

async function tell(opening: Promise<unknown>): Promise<(string | undefined)[]> {
  const error = await opening.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof DatasetError, String(error));
  return [error.message, error.next];
}
