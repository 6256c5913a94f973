import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import { readPages } from "../../../src/store/shelf/pages.ts";

interface TextRow {
  readonly id: number;
  readonly text: string;
}

async function readLengths(lengths: readonly number[]): Promise<readonly number[]> {
  const connection = new Database(":memory:");
  connection.exec("CREATE TABLE text (owner, id, text)");
  const insert = connection.prepare("INSERT INTO text VALUES (1, ?, ?)");
  for (const [id, length] of lengths.entries()) insert.run(2 * id, "x".repeat(length));
  const statement = connection.prepare<[number, number, number], TextRow>(
    "SELECT id, text FROM text WHERE owner = ? AND id >= ? ORDER BY id LIMIT ?",
  );
  const counts: number[] = [];
  const seen: number[] = [];
  const paging = { place: ({ id }: TextRow) => id, measure: ({ text }: TextRow) => text.length };
  for await (const page of readPages(statement, 1, paging)) {
    counts.push(page.length);
    seen.push(...page.map(({ id }) => id));
  }
  connection.close();
  assert.deepEqual(
    seen,
    lengths.map((_, id) => 2 * id),
    "every row once, in order",
  );
  return counts;
}

test("a page holds as much text however long its rows are", async () => {
  assert.deepEqual(await readLengths([]), []);
  assert.deepEqual(await readLengths(new Array(1032).fill(10)), [32, 500, 500]);
  assert.deepEqual(await readLengths(new Array(300).fill(2047)), [32, 128, 128, 12]);
  assert.deepEqual(await readLengths(new Array(36).fill(400_000)), [32, 1, 1, 1, 1]);
});
