// CSV: whatever texts are written by RFC 4180 are read back, however the bytes arrive, and every fault is told by its line.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { nodeFiles } from "../../../src/datasets/file/bytes.ts";
import { csvFormat, scanRecord } from "../../../src/datasets/file/csv.ts";
import { createProblems } from "../../../src/datasets/file/problems.ts";
import { openFileDataset } from "../../../src/datasets/file-dataset.ts";
import { DatasetError } from "../../../src/errors.ts";
import fc from "../../helpers/properties.ts";
import { createTemporaryFolder } from "../../helpers/temporary-folder.ts";

const signal = new AbortController().signal;
/** Texts made mostly of what a reader of CSV stumbles over. */
const cell = fc
  .array(fc.constantFrom('"', ",", "\n", "\r\n", "\r", " ", "a", "ü", "日", "😀", "\t", '""', ";"), { maxLength: 8 })
  .map((parts) => parts.join(""));
const table = fc
  .integer({ min: 2, max: 4 })
  .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }));
const render = (text: string, always: boolean): string =>
  always || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

async function readCells(path: string, names: readonly string[]): Promise<unknown[][]> {
  const request = { path, shown: "a.csv", signal, files: nodeFiles };
  const problems = createProblems("a.csv");
  const rows: unknown[][] = [];
  for await (const records of csvFormat.readRecords(
    request,
    names.map((name) => [name]),
    problems,
  )) {
    for (const { values } of records) rows.push([...values]);
  }
  problems.throwIfAny();
  return rows;
}

test("texts come back as they were written, quoted or not, at either end of line, with or without a last one", async (context) => {
  const path = join(createTemporaryFolder(context), "a.csv");
  const style = fc.record({
    end: fc.constantFrom("\n", "\r\n"),
    always: fc.boolean(),
    isEnded: fc.boolean(),
    mark: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(table, style, async (rows, { end, always, isEnded, mark }) => {
      const names = rows[0]!.map((_, index) => `f${index}`);
      const text = [names, ...rows].map((row) => row.map((text) => render(text, always)).join(",")).join(end);
      writeFileSync(path, `${mark ? "\ufeff" : ""}${text}${isEnded ? end : ""}`);
      // A line of nothing at all is no record; with two fields there is at least a comma.
      assert.deepEqual(await readCells(path, names), rows);
      assert.deepEqual(
        await readCells(path, [names.at(-1)!, names[0]!]),
        rows.map((row) => [row.at(-1), row[0]]),
      );
    }),
    { numRuns: 200 },
  );
});

test("a record found in the bytes so far is the one found in all of them", () => {
  fc.assert(
    fc.property(table, fc.boolean(), (rows, always) => {
      const bytes = Buffer.from(rows.map((row) => row.map((text) => render(text, always)).join(",")).join("\n"));
      const whole = scanRecord(bytes, 0, { separator: 44, isLast: true });
      for (let length = 1; length <= bytes.length; length++) {
        const part = scanRecord(bytes.subarray(0, length), 0, { separator: 44, isLast: false });
        if (part !== undefined) assert.deepEqual(part, whole);
      }
    }),
    { numRuns: 200 },
  );
});

test("records across chunks of the file", async (context) => {
  const path = join(createTemporaryFolder(context), "a.csv");
  const rows = Array.from({ length: 4000 }, (_, index) => [
    `id ${index}`,
    `${'long, "text"\n'.repeat(index % 40)}${index}`,
  ]);
  writeFileSync(path, ["a,b", ...rows.map((row) => row.map((text) => render(text, false)).join(","))].join("\r\n"));
  assert.deepEqual(await readCells(path, ["a", "b"]), rows);
});

test("every fault is told by its line and by what to do", async (context) => {
  const folder = createTemporaryFolder(context);
  const head = "id,article,summary\n";
  const good = "1,a,b\n";
  const refused = [
    [`${head}${good}2,a\n`, "a.csv:3: has 2 fields, the header has 3"],
    [`${head}1,"a\nb",\n${good}`, 'a.csv:2: "summary" is empty'],
    [`${head}"1\n\n",a,b\n2,"x"y,b\n`, "a.csv:5: has text behind a closing quote"],
    [`${head}${good}2,"a,b\n3,c,d\n`, "a.csv:3: a quote is opened and never closed"],
    [`${head}${good}1,c,d\n`, 'a.csv:3: "id" is "1", which record 1 has already'],
    [`${head}1,a\u0000,b\n`, "a.csv:2: NUL byte"],
    ["id,article,summary\r1,a,b\r2,c,d\r", "a.csv:1: has a carriage return without a line feed"],
    ["id;article;summary\n1;a;b\n", 'a.csv: its fields are separated by ";"'],
    ["id,text,summary\n1,a,b\n", 'a.csv: has no field "article" for the article; it has "id", "text", "summary"'],
    ["id,article,article,summary\n1,a,b,c\n", 'a.csv: has the field "article" twice'],
    ["\n\n", "a.csv: the file has no header"],
    [`${head}\n`, "a.csv: no row falls into the train split: of 0 rows, each goes by the hash of its id"],
    [Buffer.from(`${head}1,a\xff,b\n`, "latin1"), 'a.csv:2: "article" is not UTF-8'],
    [`${head}${good}2,"${"x".repeat(5 * 1024 * 1024)}`, "a.csv:3: the record is longer than 4 MiB"],
  ] as const;
  for (const [content, message] of refused) {
    writeFileSync(join(folder, "a.csv"), content);
    await assert.rejects(openFileDataset({ file: "a.csv" }, { folder, signal }), (error: Error) => {
      assert.ok(error instanceof DatasetError, error.stack);
      assert.equal(error.message.split("\n")[0], message);
      assert.ok(error.next !== undefined);
      assert.equal(/UTF-8$/.test(message), error.next.endsWith("iconv -f latin1 -t UTF-8"));
      return true;
    });
  }
  assert.equal(refused.length, 14);
});
