// The model file: what is read is what was written, and any change of any byte is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readModelBytes, writeModelBytes } from "../../src/embedded/model-file.ts";
import { createParameters, listParameters, type ModelShape } from "../../src/embedded/shape.ts";
import { StoreError } from "../../src/errors.ts";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom } from "../../src/math/random.ts";

const shape: ModelShape = { width: 4, heads: 1, hidden: 4, article: 4, completion: 4, placeholders: 4, words: 3 };
const words = ["a", "été", "東京"];
const parameters = createParameters(shape, createRandom(computeSeed("file")));

test("float32 gives every bit back", () => {
  const read = readModelBytes(writeModelBytes({ shape, words, parameters }, "float32"), "a.bin");
  assert.deepEqual(read, { shape, words, parameters });
});

test("int8 is off by half a step of the row's scale at most, and keeps single rows exact", () => {
  const bytes = writeModelBytes({ shape, words, parameters }, "int8");
  const read = readModelBytes(bytes, "a.bin").parameters;
  let comparedCount = 0;
  for (const [name, rows, columns] of listParameters(shape)) {
    for (let row = 0; row < rows; row++) {
      const before = parameters[name]!.subarray(row * columns, (row + 1) * columns);
      const half = name.endsWith("Gain") ? 0 : Math.max(...before.map(Math.abs)) / 254;
      for (const [i, value] of before.entries()) {
        assert.ok(Math.abs(read[name]![row * columns + i]! - value) <= half * 1.0001, `${name}[${row}, ${i}]`);
        comparedCount++;
      }
    }
  }
  assert.equal(
    comparedCount,
    listParameters(shape).reduce((total, [, rows, columns]) => total + rows * columns, 0),
  );
  assert.deepEqual(writeModelBytes({ shape, words, parameters: read }, "int8").length, bytes.length);
});

test("every flipped byte and every missing end is refused with the file's name", () => {
  const bytes = writeModelBytes({ shape, words, parameters }, "int8");
  const isRefusal = (error: unknown): boolean =>
    error instanceof StoreError && error.where === "a.bin" && error.next !== undefined;
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Uint8Array.from(bytes);
    damaged[at]! ^= 1 << (at % 8);
    assert.throws(() => readModelBytes(damaged, "a.bin"), isRefusal, `byte ${at}`);
  }
  for (const length of [0, 10, 40, 100, bytes.length - 1]) {
    assert.throws(() => readModelBytes(bytes.subarray(0, length), "a.bin"), isRefusal, `${length} bytes`);
  }
});
