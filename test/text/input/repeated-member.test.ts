import assert from "node:assert/strict";
import { test } from "node:test";
import { computeRepeatedMember } from "../../../src/text/input/repeated-member.ts";
import fc from "../../helpers/properties.ts";

test("the second of two keys is found, however it is spelled", () => {
  const cases: readonly (readonly [text: string, name: string, offset: number | undefined])[] = [
    ['{"a": 1, "a": 2}', "a", 9],
    ['{"a": 1, "\\u0061": 2}', "a", 9],
    ['{"\\u0061": 1, "\\u0061": 2}', "a", 14],
    ['{"é": 1, "\\u00e9": 2}', "é", 9],
    ['{"a/b": 1, "a\\/b": 2}', "a/b", 11],
    ['{"a": {"a": 1}}', "a", undefined],
    ['{"a": "\\"a\\": 1", "b": "a"}', "a", undefined],
    ['{"b": 1, "b": 2}', "a", undefined],
    ['{"a": "\\u05e9"}', "a", undefined],
  ];
  for (const [text, name, offset] of cases) {
    assert.equal(computeRepeatedMember(text, [name])?.keyOffset, offset, text);
  }
});

test("property: objects without repetitions have none", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (value) => {
      assert.equal(computeRepeatedMember(JSON.stringify(value), Object.keys(value)), undefined);
    }),
    { numRuns: 300 },
  );
});
