// A row file is whole or not there, and nothing is written over unasked.

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { writeRows } from "../../src/datasets/row-file.ts";
import { DatasetError } from "../../src/errors.ts";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";

async function* count(to: number): AsyncGenerator<object> {
  for (let index = 0; index < to; index++) yield { index };
}

function prepare(context: TestContext) {
  const folder = createTemporaryFolder(context);
  const write = (name: string, rows: AsyncIterable<object>, overwrites = false) =>
    writeRows({ path: join(folder, name), shown: name, overwrites, token: "t" }, rows);
  const tell = async (...args: Parameters<typeof write>): Promise<string> => {
    const error = await write(...args).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof DatasetError, String(error));
    return error.next === undefined ? error.message : `${error.message} | ${error.next}`;
  };
  return { folder, write, tell };
}

test("rows are written one a line, for their owner, with nothing left beside them", async (context) => {
  const { folder, write } = prepare(context);
  assert.equal(await write("a.jsonl", count(3)), 3);
  assert.equal(readFileSync(join(folder, "a.jsonl"), "utf8"), '{"index":0}\n{"index":1}\n{"index":2}\n');
  assert.equal(statSync(join(folder, "a.jsonl")).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ["a.jsonl"]);
});

test("a file that is there is kept, unless told otherwise", async (context) => {
  const { folder, write, tell } = prepare(context);
  writeFileSync(join(folder, "a.jsonl"), "precious");
  assert.equal(
    await tell("a.jsonl", count(1)),
    "a.jsonl: there is a file already | take another name, or say --force to write over it",
  );
  assert.equal(readFileSync(join(folder, "a.jsonl"), "utf8"), "precious");
  assert.equal(await write("a.jsonl", count(1), true), 1);
  assert.deepEqual(readdirSync(folder), ["a.jsonl"]);
});

test("a name of 255 bytes is written like any other, in letters of one byte and of three", async (context) => {
  const { folder, write } = prepare(context);
  for (const name of ["n".repeat(255), "\u3042".repeat(85)]) {
    assert.equal(await write(name, count(2)), 2);
    assert.equal(await write(name, count(1), true), 1);
  }
  assert.equal(readdirSync(folder).length, 2);
});

test("rows that fail halfway leave the old file and no other", async (context) => {
  const { folder, write } = prepare(context);
  writeFileSync(join(folder, "a.jsonl"), "precious");
  async function* failing(): AsyncGenerator<object> {
    yield { big: "x".repeat(2 << 20) };
    throw new RangeError("no more");
  }
  await assert.rejects(write("a.jsonl", failing(), true), RangeError);
  assert.equal(readFileSync(join(folder, "a.jsonl"), "utf8"), "precious");
  assert.deepEqual(readdirSync(folder), ["a.jsonl"]);
});

test("places that cannot be written are told", async (context) => {
  const { folder, tell } = prepare(context);
  mkdirSync(join(folder, "folder"));
  writeFileSync(join(folder, "file"), "");
  chmodSync(join(folder, "file"), 0o600);
  assert.equal(
    await tell("absent/a.jsonl", count(1)),
    "absent/a.jsonl: there is no such folder | make the folder first",
  );
  assert.equal(await tell("file/a.jsonl", count(1)), "file/a.jsonl: a part of its path is not a folder");
  assert.equal(await tell("folder", count(1), true), "folder: is a folder | give the name of a file");
});
