import assert from "node:assert/strict";
import { test } from "node:test";
import { DatasetError } from "../../src/errors.ts";
import { createLineReader, readBlocks, type Source } from "../../src/evaluation/score-lines.ts";
import { longestLineBytes } from "../../src/text/input/line-limit.ts";
import fc from "../helpers/properties.ts";
import { createSource } from "./score-sources.ts";

test("whatever the chunks, lines come whole, in order and numbered", async () => {
  const line = fc.string({ unit: fc.constantFrom("a", "é", "\r", " "), maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(line),
      fc.boolean(),
      fc.integer({ min: 1, max: 50 }),
      async (lines, isOpen, chunkSize) => {
        const text = lines.map((content) => `${content}\n`).join("") + (isOpen ? "end" : "");
        let read = "";
        let next = 1;
        for await (const { bytes, count, first } of readBlocks(createSource("file", text, chunkSize))) {
          assert.equal(first, next);
          next += count;
          read += Buffer.from(bytes).toString();
        }
        assert.equal(read, text);
        assert.equal(next - 1, lines.length + (isOpen ? 1 : 0));
      },
    ),
  );
});

test("lines can be taken a few at a time, and a block is bounded", async () => {
  const reader = createLineReader(createSource("file", "x\n".repeat(3000)));
  let total = 0;
  for (let count = await reader.fill(); count > 0; count = await reader.fill()) {
    assert.ok(count <= 512 + 500, `${count} lines at hand`);
    const lines = reader.take(Math.min(count, 7));
    assert.equal(lines.first, total + 1);
    assert.equal(lines.bytes.length, 2 * lines.count);
    total += lines.count;
  }
  assert.equal(total, 3000);
});

test("a line of more than 4 MiB is refused by its number, ended or not; one of 4 MiB is read", async () => {
  const block = new Uint8Array(2 ** 20).fill(0x78);
  const createLong = (size: number, end: string): Source => ({
    name: "long.jsonl",
    async *open() {
      yield new TextEncoder().encode("first\nsecond\n");
      for (let left = size; left > 0; left -= block.length) yield block.subarray(0, Math.min(left, block.length));
      yield new TextEncoder().encode(end);
    },
  });
  const count = async (source: Source): Promise<number> => {
    let sum = 0;
    for await (const lines of readBlocks(source)) sum += lines.count;
    return sum;
  };
  assert.equal(await count(createLong(longestLineBytes, "\n")), 3);
  for (const end of ["", "\n", "more\nlast\n"]) {
    await assert.rejects(count(createLong(longestLineBytes + 1, end)), (error) => {
      assert.ok(error instanceof DatasetError);
      assert.equal(error.message, "long.jsonl:3: the line is longer than 4 MiB");
      return true;
    });
  }
});

test("a source is let go when reading stops early", async () => {
  let isClosed = false;
  const source: Source = {
    name: "file",
    async *open() {
      try {
        for (;;) yield new TextEncoder().encode("x\n".repeat(600));
      } finally {
        isClosed = true;
      }
    },
  };
  for await (const lines of readBlocks(source)) if (lines.first > 1) break;
  assert.ok(isClosed);
});
