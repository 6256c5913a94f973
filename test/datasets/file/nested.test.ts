// Fields within fields: the same rows by the same paths from JSON Lines and Parquet, and every refusal word for word.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type FileDeclaration, openFileDataset } from "../../../src/datasets/file-dataset.ts";
import { DatasetError } from "../../../src/errors.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";

const fixtures = new URL("../../fixtures/tables/", import.meta.url).pathname;
const signal = new AbortController().signal;
type Fields = NonNullable<FileDeclaration["fields"]>;

const open = (file: string, fields: Fields, folder = fixtures) => openFileDataset({ file, fields }, { folder, signal });

async function readFirst(file: string, fields: Fields, folder = fixtures): Promise<string> {
  for await (const { id, article, summary } of (await open(file, fields, folder)).rows("train"))
    return [id, article, summary].join("|");
  return "nothing";
}

/** The refusal's first line and its step. */
async function tell(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => assert.fail("it was read"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof DatasetError, (error as Error).stack);
  return `${error.message.split("\n")[0]} | ${error.next}`;
}

test("structures, lists and chats are read by paths, alike from JSON Lines and Parquet", async () => {
  const id = "key.id";
  const expected = [
    [{ id, article: "translation.en", summary: "translation.de" }, "1001|the 1th house|das 1. Haus"],
    [
      { id, article: "messages.-2.content", summary: "messages.-1.content" },
      /^1001\|Summarise: the 1th.*\|Ship 1 left/,
    ],
    [{ id, article: "messages.0.content", summary: "answers.text.0" }, /^1001\|Summarise: the 1th.*\|answer 1$/],
    // A column's own name goes before a way through two, and a field's below.
    [{ id, article: "a.b", summary: "a.c.d" }, "1001|by its own name 1|dots below 1"],
    [{ id: "answers.answer_start.0", article: "a.b", summary: "a.b" }, /^\d+\|by its own name/],
  ] as const;
  for (const [fields, first] of expected) {
    const [lines, table] = [await open("nested.jsonl", fields), await open("nested.parquet", fields)];
    assert.equal(lines.digest, table.digest);
    assert.equal(lines.splits.train.count + lines.splits.test.count, 30);
    const shown = await readFirst("nested.parquet", fields);
    if (typeof first === "string") assert.equal(shown, first);
    else assert.match(shown, first);
  }
  assert.equal(expected.length, 5);
});

test("the column's own name goes before a way through two in every line, whatever a later line has", async (context) => {
  const folder = createTemporaryFolder(context);
  const rest = '"article": "x y"}\n';
  writeFileSync(join(folder, "a.jsonl"), `{"s.t": "own", "s": {"t": "way"}, ${rest}{"s": {"t": "way"}, ${rest}`);
  assert.equal(
    await tell(open("a.jsonl", { summary: "s.t" }, folder)),
    'a.jsonl:2:1 (byte 52): has no field "s.t" for the summary; it has "s.t", "article" | ' +
      "name the field that holds it: fields: {summary: ...}",
  );
  writeFileSync(join(folder, "b.csv"), `s.t,s,article\n${"own,way,x y\n".repeat(20)}`);
  assert.equal(await readFirst("b.csv", { summary: "s.t" }, folder), "1|x y|own");
  assert.match(await tell(open("b.csv", { summary: "s.u" }, folder)), /no field "s\.u".*; "s" holds no others \|/);
});

const mapping = (role: string): string => `name the field that holds it: fields: {${role}: ...}`;
const otherText = "name a field of texts, or write it as text";
const dropped = "write a text there, remove the row, or let an experiment drop such rows: filter: {empty: drop}";
const good = { article: "a.b", summary: "a.b" };
const inTranslation = 'it has "translation.en", "translation.de"';
const refusals: readonly (readonly [Fields, lines: string, table: string])[] = [
  [
    { ...good, article: "translation.fr" },
    `:1:38 (byte 37): has no field "translation.fr" for the article; ${inTranslation} | ${mapping("article")}`,
    `: has no field "translation.fr" for the article; ${inTranslation} | ${mapping("article")}`,
  ],
  [
    { ...good, summary: "translation" },
    `:1:38 (byte 37): "translation" must be text, is an object; ${inTranslation} | ` +
      "write a text there, or name another field: fields: {summary: ...}",
    `: the field "translation" is nested; ${inTranslation} | ${otherText}`,
  ],
  [
    { ...good, summary: "translation.en.x" },
    ':1:45 (byte 44): has no field "translation.en.x" for the summary; "translation.en" is text | ' +
      mapping("summary"),
    `: has no field "translation.en.x" for the summary; "translation.en" holds no others | ${mapping("summary")}`,
  ],
  [
    { ...good, article: "answers.text" },
    ':1:104 (byte 103): "answers.text" must be text, is an array; it has "answers.text.0" | ' +
      "write a text there, or name another field: fields: {article: ...}",
    `: the field "answers.text" is nested; it has "answers.text.0" | ${otherText}`,
  ],
  [
    { ...good, article: "messages.content" },
    ':1:152 (byte 151): has no field "messages.content" for the article; it has "messages.0.role", "messages.0.content"' +
      ` | ${mapping("article")}`,
    ': has no field "messages.content" for the article; it has "messages.0.role", "messages.0.content"' +
      ` | ${mapping("article")}`,
  ],
  [
    { ...good, article: "messages.2.content" },
    `:2:168 (byte 590): has no field "messages.2.content" for the article; "messages" has 2 items | ${dropped}`,
    `, row 2: "messages.2.content" is not there: the list ends before it | ${dropped}`,
  ],
  [
    { ...good, article: "key.id" },
    ':1:16 (byte 15): "key.id" must be text, is a number | ' +
      "write a text there, or name another field: fields: {article: ...}",
    ', row 1: "key.id" must be text, is a number | write a text there, or name another field: fields: {article: ...}',
  ],
  [
    { ...good, id: "key.ix" },
    ':1:9 (byte 8): has no field "key.ix" for the id; it has "key.id" | give every row an id, or name no field for it',
    ': has no field "key.ix" for the id; it has "key.id" | name another field for it, or none',
  ],
  [
    { ...good, id: "key" },
    ':1:9 (byte 8): "key" must be text or a whole number, is an object; it has "key.id" | ' +
      "give every row an id, or name another field for it",
    `: the field "key" is nested; it has "key.id" | ${otherText}`,
  ],
  [
    { ...good, id: "messages.2.content" },
    ':2:168 (byte 590): has no field "messages.2.content" for the id; "messages" has 2 items | ' +
      "give every row an id, or name no field for it",
    ', row 2: "messages.2.content" is not there: the list ends before it | ' +
      "give every row an id, or name another field for it",
  ],
];

test("a path that leads nowhere, or to no text, is refused with the paths that there are", async () => {
  for (const [fields, lines, table] of refusals) {
    assert.equal(await tell(open("nested.jsonl", fields)), `nested.jsonl${lines}`);
    assert.equal(await tell(open("nested.parquet", fields)), `nested.parquet${table}`);
  }
  assert.equal(refusals.length, 10);
  assert.equal(
    await tell(open("nested.parquet", { ...good, article: "labels.x" })),
    `nested.parquet: has no field "labels.x" for the article; "labels" is a map | ${mapping("article")}`,
  );
  assert.equal(
    await tell(open("nested.parquet", {})),
    'nested.parquet: has no field "article" for the article; it has "key.id", "translation.en", "translation.de", ' +
      '"answers.text.0", "answers.answer_start.0", "messages.0.role", "messages.0.content", "a.b", "a.c.d", "labels" | ' +
      mapping("article"),
  );
});

test("nulls on the way and lists that end before are nothing: dropped where that is asked for, refused elsewhere", async (context) => {
  const folder = createTemporaryFolder(context);
  const rows = [{ q: { a: ["x y"] } }, { q: { a: [] } }, { q: null }, { q: { a: null } }, { q: { a: [null] } }];
  const many = Array.from({ length: 8 }, () => rows).flat();
  writeFileSync(join(folder, "a.jsonl"), many.map((row) => `${JSON.stringify({ ...row, summary: "s" })}\n`).join(""));
  const noLimits = { minWords: null, maxWords: null, minCharacters: null, maxCharacters: null };
  const declaration: FileDeclaration = { file: "a.jsonl", fields: { article: "q.a.0" } };
  const curation = {
    filter: { empty: "drop", longer: "keep", article: noLimits, summary: noLimits },
    dedupe: { exact: "none", near: null, words: 5 },
    decontaminate: null,
  } as const;
  const { splits, curation: counts } = await openFileDataset({ ...declaration, curation }, { folder, signal });
  assert.equal(splits.train.count + splits.test.count, 8);
  assert.deepEqual(
    counts.map(({ step, reason, train, test }) => [step, reason, train + test]),
    [["filter", "no article", 32]],
  );
  await assert.rejects(openFileDataset(declaration, { folder, signal }), (error: Error) => {
    assert.deepEqual(error.message.split("\n"), [
      'a.jsonl:2:11 (byte 44): has no field "q.a.0" for the article; "q.a" has 0 items',
      'a.jsonl:3:6 (byte 68): has no field "q.a.0" for the article; "q" is null',
      'a.jsonl:4:11 (byte 98): has no field "q.a.0" for the article; "q.a" is null',
      "and 29 more problems",
    ]);
    return true;
  });
});

test("a name that an object on the way has twice is refused", async (context) => {
  const folder = createTemporaryFolder(context);
  writeFileSync(join(folder, "a.jsonl"), '{"t": {"en": "a", "de": "b", "en": "c"}}\n');
  assert.equal(
    await tell(open("a.jsonl", { article: "t.en", summary: "t.de" }, folder)),
    'a.jsonl:1:30 (byte 29): has the field "en" twice | keep one of them',
  );
});

test("pages of nulls alone are empty, whatever packs them", async () => {
  // LZ4 and pages of version 2, where the levels are not packed and nothing is left to pack.
  const bytes = readFileSync(join(fixtures, "nulls.parquet"));
  assert.equal(bytes.toString("latin1", 0, 4), "PAR1");
  assert.match(await tell(open("nulls.parquet", {})), /^nulls\.parquet, row 1: "article" must be text, is null \|/);
});
