// Columns as a schema tells them, and the part of a footer that some of them need.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileMetaData, SchemaElement } from "hyparquet";
import { findColumn } from "../../../src/datasets/fields/find-column.ts";
import { listColumns, pruneMetadata } from "../../../src/datasets/parquet/columns.ts";
import { findPageFault } from "../../../src/datasets/parquet/pages.ts";

const leaf = (name: string, more: Partial<SchemaElement> = {}): SchemaElement => ({
  name,
  type: "BYTE_ARRAY",
  repetition_type: "OPTIONAL",
  converted_type: "UTF8",
  ...more,
});
const group = (name: string, count: number, more: Partial<SchemaElement> = {}): SchemaElement => ({
  name,
  num_children: count,
  repetition_type: "OPTIONAL",
  ...more,
});
const root = (count: number): SchemaElement => ({ name: "root", num_children: count });
const repeated = { repetition_type: "REPEATED" } as const;
const list = { converted_type: "LIST" } as const;

test("lists of three levels and of two are lists; what is of another form is refused by name", () => {
  const columns = listColumns([
    root(8),
    ...[group("three", 1, list), group("list", 1, repeated), leaf("element")],
    ...[group("two", 1, list), leaf("array", repeated)],
    leaf("bare", repeated),
    ...[group("pair", 1, list), group("array", 2, repeated), leaf("a"), leaf("b")],
    ...[group("map", 1, { converted_type: "MAP" }), group("key_value", 2, repeated), leaf("key"), leaf("value")],
    ...[group("any", 2, { logical_type: { type: "VARIANT" } }), leaf("metadata"), leaf("value")],
    ...[group("s", 2), leaf("x"), leaf("x")],
    ...Array.from({ length: 20 }, () => group("deep", 1)),
    leaf("end"),
  ]);
  const told = [
    ["three.0", "found"],
    ["two.-1", "found"],
    ["two.array", 'it has "two.0"'],
    ["bare", 'the field "bare" is a list of an old form'],
    ["pair.0.a", '"pair" is a list of an old form'],
    ["map.key", '"map" is a map'],
    ["any", 'the field "any" is VARIANT'],
    ["s.x", 'has the field "s.x" twice'],
    [`${"deep.".repeat(20)}end`, `"${"deep.".repeat(8)}.." is nested too deeply`],
    ["s", 'the field "s" is nested; it has "s.x"'],
    ["none", 'it has "three.0", "two.0", "bare", "pair", "map", "any", "s.x"'],
  ] as const;
  for (const [text, expected] of told) {
    const found = findColumn(columns, text);
    const what = found.kind === "found" ? "found" : found.kind === "absent" ? found.instead : found.what;
    assert.equal(what, expected);
  }
  assert.equal(told.length, 11);
});

test("of a structure the fields on the way are read alone, of a list all that it holds", () => {
  const schema = [
    root(3),
    leaf("id"),
    ...[group("s", 2), leaf("x"), group("t", 2), leaf("y"), leaf("z")],
    ...[group("l", 1, list), group("list", 1, repeated), group("element", 2), leaf("a"), leaf("b")],
  ];
  const paths = [
    ["id"],
    ["s", "x"],
    ["s", "t", "y"],
    ["s", "t", "z"],
    ["l", "list", "element", "a"],
    ["l", "list", "element", "b"],
  ];
  const columns = paths.map((path) => ({ meta_data: { path_in_schema: path } }));
  const metadata = { schema, row_groups: [{ columns, num_rows: 1n }] } as unknown as FileMetaData;
  const pruned = pruneMetadata(metadata, [
    ["s", "t", "y"],
    ["l", "0", "a"],
  ]);
  assert.deepEqual(
    pruned.metadata.schema.map(({ name, num_children }) => [name, num_children ?? 0]),
    [
      ["root", 2],
      ["s", 1],
      ["t", 1],
      ["y", 0],
      ["l", 1],
      ["list", 1],
      ["element", 2],
      ["a", 0],
      ["b", 0],
    ],
  );
  const kept = pruned.metadata.row_groups[0]!.columns.map(({ meta_data }) => meta_data!.path_in_schema.join("."));
  assert.deepEqual(kept, ["s.t.y", "l.list.element.a", "l.list.element.b"]);
  assert.deepEqual(
    pruned.leaves.map(({ path, isRepeated, isNested }) => [path.join("."), isRepeated, isNested]),
    [
      ["s.t.y", false, true],
      ["l.list.element.a", true, true],
      ["l.list.element.b", true, true],
    ],
  );
});

test("of a nested column everything is decoded, so nothing may stand behind its last value", () => {
  // A page of version 1 with three values of no bytes, and one that says it has two thousand million.
  const page = (values: readonly number[]): Buffer =>
    Buffer.from([0x15, 0, 0x15, 0, 0x15, 0, 0x2c, 0x15, ...values, 0x15, 0, 0x15, 6, 0x15, 6, 0, 0]);
  const bytes = Buffer.concat([page([6]), page([0xfe, 0xff, 0xff, 0xff, 0x0f])]);
  const claim = { valueCount: 3, uncompressedBytes: 0 };
  assert.equal(findPageFault(bytes, { ...claim, isNested: false }), undefined);
  assert.equal(findPageFault(bytes, { ...claim, isNested: true }), "has pages of more values than the footer says");
  assert.equal(findPageFault(page([6]), { ...claim, isNested: true }), undefined);
});
