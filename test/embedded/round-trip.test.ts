import assert from "node:assert/strict";
import { test } from "node:test";
import { createNewswireRows } from "../../src/datasets/newswire.ts";
import { readBase } from "../../src/embedded/base.ts";
import { createRoundTrip } from "../../src/embedded/round-trip.ts";

const { words, shape } = await readBase("embedded:newswire");
const read = createRoundTrip(words, shape);

test("the built-in corpus comes through the model's own vocabulary unchanged", () => {
  const rows = createNewswireRows({ split: "train", count: 200 });
  const changed = rows.filter(({ article }) => !read(article).isSame);
  assert.deepEqual([rows.length, changed], [200, []]);
});

test("a text is cut, unknown or respelt where the model cannot read it as it stands", () => {
  const long = Array.from({ length: shape.article + 5 }, () => words[0]).join(" ");
  assert.deepEqual(read(long), { cutCount: 5, unknownCount: 0, isSame: false });
  const strange = Array.from({ length: shape.placeholders + 2 }, (_, index) => `zq${index}`).join(" ");
  assert.deepEqual(read(strange), { cutCount: 0, unknownCount: 2, isSame: false });
  assert.deepEqual(read(`${words[0]}  ${words[0]}`), { cutCount: 0, unknownCount: 0, isSame: false });
  assert.equal(read("zebra zq7").isSame, true);
});
