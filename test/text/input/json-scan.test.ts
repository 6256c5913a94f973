// The scan agrees with JSON.parse on what is JSON, and says where it is not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { computeJsonScan } from "../../../src/text/input/json-scan.ts";
import fc from "../../helpers/properties.ts";

const faults: readonly (readonly [text: string, offset: number, what: string])[] = [
  ["", 0, "there is nothing"],
  ['{"a": "b', 6, "unterminated string"],
  ['{"a": "b\\', 6, "unterminated string"],
  ['{"a": "b\tc"}', 8, "raw control character U+0009 in a string"],
  ['{"a": "\\x"}', 7, "bad escape \\x in a string"],
  ['{"a": "\\u12"}', 7, "bad escape \\u in a string"],
  ['{"a": 1', 7, "ends inside an object"],
  ['{"a": [1,', 9, "ends inside an array"],
  ['{"a": 1,}', 8, "expected a key in double quotes, found '}'"],
  ['{"a": [1,]}', 9, "expected a value, found ']'"],
  ["{'a': 1}", 1, "expected a key in double quotes or '}', found '''"],
  ['{"a" 1}', 5, "expected ':', found '1'"],
  ['{"a": 1 "b": 2}', 8, "expected ',' or '}', found '\"'"],
  ["[1 2]", 3, "expected ',' or ']', found '2'"],
  ["[1}", 2, "expected ',' or ']', found '}'"],
  ['{"a": NaN}', 6, "NaN is not a JSON value"],
  ['{"a": -Infinity}', 6, "-Infinity is not a JSON value"],
  ['{"a": None}', 6, "None is not a JSON value"],
  ['{"a": 01}', 7, "expected ',' or '}', found '1'"],
  ['{"a": .5}', 6, "expected a value, found '.'"],
  ["{} {}", 3, "'{' after the end of the value"],
  ["{}\u0001", 2, "U+0001 after the end of the value"],
];

for (const [text, offset, what] of faults) {
  test(`${JSON.stringify(text)}: ${what}`, () => {
    assert.throws(() => JSON.parse(text), SyntaxError);
    assert.deepEqual(computeJsonScan(text).problem, { offset, what });
  });
}

test("members of the outermost object come in order, with escaped and repeated keys", () => {
  const { problem, members } = computeJsonScan('{"a": {"b": [1, {"c": 2}]}, "\\u0061":  3, "__proto__": null}');
  assert.equal(problem, undefined);
  assert.deepEqual(members, [
    { key: "a", keyOffset: 1, valueOffset: 6 },
    { key: "a", keyOffset: 28, valueOffset: 39 },
    { key: "__proto__", keyOffset: 42, valueOffset: 55 },
  ]);
});

test("a depth of 100,000 is scanned, open or closed", () => {
  const depth = 100_000;
  assert.equal(computeJsonScan("[".repeat(depth) + "]".repeat(depth)).problem, undefined);
  assert.deepEqual(computeJsonScan("[".repeat(depth)).problem, { offset: depth, what: "ends inside an array" });
});

test("property: valid JSON has no problem, and its members are the object's keys", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(2), (value, indent) => {
      const { problem, members } = computeJsonScan(JSON.stringify(value, null, indent));
      assert.equal(problem, undefined);
      assert.deepEqual([...members.map(({ key }) => key)].sort(), Object.keys(value).sort());
    }),
    { numRuns: 500 },
  );
});

test("property: a text with one character changed is refused exactly when JSON.parse refuses it", () => {
  const alphabet = [..."{}[],:\"\\ 0-1.eEnut\n\u0000a'"];
  let refused = 0;
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom("", ...alphabet), (text, at, character) => {
      const place = at % (text.length + 1);
      const changed = text.slice(0, place) + character + text.slice(place + 1);
      const isRefused = computeJsonScan(changed).problem !== undefined;
      assert.equal(isRefused, !isJson(changed), JSON.stringify(changed));
      refused += Number(isRefused);
    }),
    { numRuns: 3000 },
  );
  assert.ok(refused > 300, `only ${refused} of 3,000 texts were refused`);
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
