// The sizes of the model that ships, and why every one is a multiple of 4.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createParameters, createTokenIds, defaultShape, listParameters } from "../../src/embedded/shape.ts";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom } from "../../src/math/random.ts";

test("the newswire model has 97 thousand parameters in twelve arrays", () => {
  const shape = { ...defaultShape, words: 808 };
  const arrays = listParameters(shape);
  assert.equal(arrays.length, 12);
  assert.equal(
    arrays.reduce((total, [, rows, columns]) => total + rows * columns, 0),
    96_704,
  );
});

test("ids are apart and the tables they index are multiples of 4", () => {
  for (const words of [1, 2, 3, 4, 5, 807, 808]) {
    const ids = createTokenIds({ ...defaultShape, words });
    assert.equal(ids.outputCount % 4, 0);
    assert.equal(ids.tokenCount % 4, 0);
    assert.ok(ids.firstWord + words <= ids.firstPlaceholder);
    assert.ok(ids.firstPlaceholder + defaultShape.placeholders === ids.padding && ids.prompt < ids.tokenCount);
  }
});

test("parameters follow their seed, and gains start at one", () => {
  const shape = { ...defaultShape, words: 10 };
  const create = (seed: number) => createParameters(shape, createRandom(computeSeed(seed)));
  assert.deepEqual(create(1), create(1));
  assert.notDeepEqual(create(1), create(2));
  assert.ok(create(1).finalGain!.every((gain) => gain === 1));
});
