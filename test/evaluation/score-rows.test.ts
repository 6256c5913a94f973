import assert from "node:assert/strict";
import { test } from "node:test";
import { DatasetError } from "../../src/errors.ts";
import { decodeLines, parsePrediction, parseReference, readRow } from "../../src/evaluation/score-rows.ts";

const refusals: readonly (readonly [
  parse: (line: string | undefined) => unknown,
  line: string | undefined,
  what: string,
])[] = [
  [parsePrediction, undefined, "is not valid UTF-8"],
  [parsePrediction, "", "is an empty line"],
  [parsePrediction, " \r", "is an empty line"],
  [parsePrediction, "hello", "not valid JSON: hello is not a JSON value"],
  [parsePrediction, '{"prediction": "a"', "not valid JSON: ends inside an object"],
  [parsePrediction, '{"prediction": "a", "prediction": "b"}', 'has "prediction" twice'],
  [parsePrediction, "3", "is a number, not an object"],
  [parsePrediction, "null", "is null, not an object"],
  [parsePrediction, '["a"]', "is a list, not an object"],
  [parsePrediction, "{}", 'has no "prediction"'],
  [parsePrediction, '{"id": 1, "text": "a"}', 'has no "prediction", only "id", "text"'],
  [parsePrediction, '{"prediction": null}', '"prediction" is null, not a string'],
  [parsePrediction, '{"prediction": ["a"]}', '"prediction" is a list, not a string'],
  [parsePrediction, '{"id": null, "prediction": "a"}', '"id" is null'],
  [parsePrediction, '{"id": 1.5, "prediction": "a"}', '"id" is the number 1.5'],
  [parsePrediction, '{"id": 9007199254740993, "prediction": "a"}', '"id" is the number 9007199254740992'],
  [parsePrediction, '{"id": "\\ud800", "prediction": "a"}', '"id" is a broken string'],
  [parsePrediction, '{"id": {}, "prediction": "a"}', '"id" is an object'],
  [parseReference, '{"id": "x"}', 'has no "reference", only "id"'],
  [parseReference, '{"reference": 7}', '"reference" is a number, not a string'],
  [parseReference, '{"reference": "a", "references": ["a"]}', 'has both "reference" and "references"'],
  [parseReference, '{"references": "a"}', '"references" is a string, not a list'],
  [parseReference, '{"references": []}', '"references" is an empty list'],
  [parseReference, '{"references": ["a", null]}', '"references" holds null, not only strings'],
];

test("every bad row is refused by one sentence and a step to take", () => {
  for (const [parse, line, what] of refusals) {
    assert.throws(
      () => parse(line),
      (error) => {
        assert.ok(error instanceof DatasetError);
        assert.equal(error.what, what);
        assert.ok(error.next);
        return true;
      },
    );
  }
  assert.equal(refusals.length, 24);
});

test("good rows are read, other fields are left alone", () => {
  assert.deepEqual(parsePrediction('{"prediction":"","model":1}\r'), { id: undefined, prediction: "" });
  assert.deepEqual(parsePrediction('{"id":-3,"prediction":"a"}'), { id: -3, prediction: "a" });
  assert.deepEqual(parseReference('{"id":"","reference":"a"}'), { id: "", references: ["a"] });
  assert.deepEqual(parseReference('{"references":["a","b"]}'), { id: undefined, references: ["a", "b"] });
});

test("a row is held to its file: name, line, and ids on all rows or none", () => {
  const read = (hasIds: boolean | undefined, text: string): unknown =>
    readRow({ name: "p.jsonl", parse: parsePrediction, hasIds }, text, 12);
  const withId = '{"id":1,"prediction":"a"}';
  const without = '{"prediction":"a"}';
  assert.ok(read(true, withId) && read(false, without) && read(undefined, withId) && read(undefined, without));
  assert.throws(() => read(true, without), { message: "p.jsonl:12: has no id, while line 1 has one" });
  assert.throws(() => read(false, withId), { message: "p.jsonl:12: has an id, while line 1 has none" });
  assert.throws(() => read(true, "{"), { message: "p.jsonl:12:2: not valid JSON: ends inside an object" });
});

test("lines are decoded alone where one of them is not UTF-8, and a byte order mark is left out", () => {
  const decode = (bytes: Uint8Array<ArrayBuffer>, first = 1) =>
    decodeLines({ bytes, count: bytes.filter((byte) => byte === 10).length, first });
  const encode = (text: string) => new TextEncoder().encode(text);
  assert.deepEqual(decode(encode("\ufeffa\n\ufeffb\n")), ["a", "\ufeffb"]);
  assert.deepEqual(decode(encode("\ufeffa\n"), 2), ["\ufeffa"]);
  assert.deepEqual(decode(encode("é\n\u2028\n\n")), ["é", "\u2028", ""]);
  const broken = Uint8Array.from([0x61, 10, 0xc3, 10, 0xed, 0xa0, 0x80, 10, ...encode("\ufeff€\n")]);
  assert.deepEqual(decode(broken), ["a", undefined, undefined, "\ufeff€"]);
  assert.deepEqual(decodeLines({ bytes: encode("a\nb"), count: 2, first: 1 }), ["a", "b"]);
});
