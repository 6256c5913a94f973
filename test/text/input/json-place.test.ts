// Where a value lies in a JSON text, and whether a name on the way to it is there twice.

import assert from "node:assert/strict";
import { test } from "node:test";
import { computeJsonPlace } from "../../../src/text/input/json-place.ts";
import { computeRepeatedStep } from "../../../src/text/input/repeated-step.ts";
import fc from "../../helpers/properties.ts";

test("a place is where the value begins, or the last one on the way that is there", () => {
  const text = '{"a": {"b": [1, {"c": "x"}]}, "d": null}';
  const places = [
    [[], 0],
    [["a"], text.indexOf('{"b"')],
    [["a", "b"], text.indexOf("[1")],
    [["a", "b", "0"], text.indexOf("1")],
    [["a", "b", "-1", "c"], text.indexOf('"x"')],
    [["a", "b", "2", "c"], text.indexOf("[1")],
    [["a", "x"], text.indexOf('{"b"')],
    [["d", "x"], text.indexOf("null")],
  ] as const;
  for (const [path, valueOffset] of places)
    assert.deepEqual(computeJsonPlace(text, path), { valueOffset, repeated: undefined }, path.join("."));
  assert.equal(places.length, 8);
});

test("a name that is there twice on the way is found, elsewhere it is not looked for", () => {
  const cases = [
    ['{"t": {"en": "a", "de": "b", "en": "c"}}', ["t", "en"], 29],
    ['{"t": {"en": "a", "\\u0065n": "c"}}', ["t", "en"], 18],
    ['{"m": [{"c": 1}, {"c": 2, "c": 3}]}', ["m", "1", "c"], 26],
    ['{"m": [{"c": 1}, {"c": 2, "c": 3}]}', ["m", "0", "c"], undefined],
    ['{"m": [{"c": 1}, {"c": 2}]}', ["m", "1", "c"], undefined],
    ['{"t": {"en": "\\"en\\": 1", "de": "en"}}', ["t", "en"], undefined],
    ['{"t": {"en": "a \\u0041"}, "x": {"en": 1}}', ["t", "en"], undefined],
  ] as const;
  for (const [text, path, keyOffset] of cases)
    assert.equal(computeRepeatedStep(text, JSON.parse(text), [path])?.keyOffset, keyOffset, text);
  assert.equal(cases.length, 7);
});

test("a row nested too deeply to be written again is looked at all the same", () => {
  const depth = 200_000;
  const text = `{"t": {"en": 1, "en": 2}, "x": ${"[".repeat(depth)}${"]".repeat(depth)}}`;
  assert.equal(computeRepeatedStep(text, JSON.parse(text), [["t", "en"]])?.keyOffset, 16);
});

test("no repetition is seen in what JSON.stringify writes, and each value is found where it stands", () => {
  const arbitrary = fc.array(fc.dictionary(fc.constantFrom("a", "b", "é"), fc.jsonValue()), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(arbitrary, fc.constantFrom(undefined, 1), (list, indent) => {
      const text = JSON.stringify({ list }, null, indent);
      for (const [index, item] of list.entries()) {
        for (const [key, value] of Object.entries(item)) {
          const path = ["list", String(index), key];
          assert.equal(computeRepeatedStep(text, JSON.parse(text), [path]), undefined);
          const rest = text.slice(computeJsonPlace(text, path).valueOffset);
          assert.equal(rest[0], JSON.stringify(value)[0]);
        }
      }
    }),
    { numRuns: 30 },
  );
});

test("a name is no place in an array: the array is the last thing on the way", () => {
  const text = '{"a": [{"b": 1, "b": 2}]}';
  assert.deepEqual(computeJsonPlace(text, ["a", "b"]), { valueOffset: 6, repeated: undefined });
  assert.equal(computeJsonPlace(text, ["a", "0", "b"]).repeated?.key, "b");
});
