// Lines do not depend on where chunks are cut, and a line that is too long is never held whole.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Line, readLines } from "../../../src/datasets/file/lines.ts";
import fc from "../../helpers/properties.ts";

async function collect(chunks: AsyncIterable<Buffer> | Iterable<Buffer>, limit?: number): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const batch of readLines(toAsync(chunks), limit)) lines.push(...batch);
  return lines;
}

async function* toAsync(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks;
}

test("property: lines are those of split, at their offsets, wherever the chunks are cut", async () => {
  const chunk = fc
    .string({ unit: fc.constantFrom("a", "é", "\n", "\r"), maxLength: 12 })
    .map((text) => Buffer.from(text));
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { maxLength: 8 }), async (chunks) => {
      const whole = Buffer.concat(chunks);
      const lines = await collect(chunks);
      const texts = whole.toString().split("\n");
      const isEnded = texts.at(-1) === "";
      assert.deepEqual(
        lines.map(({ bytes }) => bytes.toString()),
        isEnded ? texts.slice(0, -1) : texts,
      );
      for (const line of lines) {
        assert.equal(whole.subarray(line.byte, line.byte + line.bytes.length).equals(line.bytes), true);
      }
      assert.deepEqual(
        lines.map((line) => line.isEnded),
        lines.map((_, index) => isEnded || index < lines.length - 1),
      );
    }),
  );
});

test("a line over the limit ends the reading, in one chunk or without an end", async () => {
  const [first, second, ...rest] = await collect([Buffer.from("ab\nabcdef\nab\n")], 5);
  assert.equal(first?.isTooLong, false);
  assert.equal(second?.isTooLong, true);
  assert.deepEqual(rest, []);

  let givenCount = 0;
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) {
      givenCount += 1;
      yield Buffer.from("abcd");
    }
  }
  const lines = await collect(endless(), 10);
  assert.deepEqual(
    lines.map(({ isTooLong, isEnded }) => [isTooLong, isEnded]),
    [[true, false]],
  );
  assert.equal(givenCount, 3);
});

test("a line of exactly the limit is accepted", async () => {
  assert.deepEqual(
    (await collect([Buffer.from("abcde\nabcde")], 5)).map(({ isTooLong }) => isTooLong),
    [false, false],
  );
});
