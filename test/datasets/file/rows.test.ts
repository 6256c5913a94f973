// Every kind of bad line, with the exact text that tells it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createKnownIds } from "../../../src/datasets/file/known-ids.ts";
import { hasMember } from "../../../src/datasets/file/line-object.ts";
import { readLines } from "../../../src/datasets/file/lines.ts";
import { createProblems } from "../../../src/datasets/file/problems.ts";
import { parseRow, type RowFields } from "../../../src/datasets/file/rows.ts";
import { DatasetError } from "../../../src/errors.ts";

const good = '{"article": "a b", "summary": "a"}\n';
const name = (text: string) => ({ text, path: [text] });
const plain: RowFields = { id: undefined, article: name("article"), summary: name("summary") };
const withId: RowFields = { ...plain, id: name("id") };

/** What is told of a file: "ok", or message and next step. */
async function tell(content: string | Buffer, fields = plain): Promise<string> {
  const problems = createProblems("f.jsonl");
  const parser = { fields, problems, knownIds: createKnownIds() };
  async function* chunks(): AsyncGenerator<Buffer> {
    yield Buffer.from(content as string);
  }
  let number = 0;
  for await (const lines of readLines(chunks())) for (const line of lines) parseRow(line, ++number, parser);
  try {
    problems.throwIfAny();
    return "ok";
  } catch (error) {
    assert.ok(error instanceof DatasetError);
    return error.next === undefined ? error.message : `${error.message} | ${error.next}`;
  }
}

function withSummary(value: string): string {
  return `${good}{"article": "é😀", "summary": ${value}}\n`;
}

const place = "f.jsonl:2:30 (byte 68)";
const cases: readonly (readonly [name: string, content: string | Buffer, told: string])[] = [
  ["a good line", good, "ok"],
  ["no final newline", good + good.trimEnd(), "ok"],
  ["CR LF", good.replace("\n", "\r\n"), "ok"],
  ["more fields than needed", '{"article": "a", "summary": "b", "x": {"summary": 1}}\n', "ok"],
  ["right-to-left, joined and combining characters", '{"article": "שלום 👩‍👩‍👧 é", "summary": "مرحبا"}\n', "ok"],
  [
    "a torn last line",
    `${good}{"article": "a b", "summ`,
    "f.jsonl:2:20 (byte 54): not valid JSON: unterminated string | the file may be cut off; the last whole line is 1",
  ],
  [
    "a torn only line",
    '{"article": "a b"',
    "f.jsonl:1:18 (byte 17): not valid JSON: ends inside an object | the file may be cut off",
  ],
  ["bad JSON within", `${good}{"article"}\n${good}`, "f.jsonl:2:11 (byte 45): not valid JSON: expected ':', found '}'"],
  ["blank line", `${good}\n${good}`, "f.jsonl:2:1 (byte 35): blank line | remove it: every line is one row"],
  ["white line", `${good} \t\n`, "f.jsonl:2:1 (byte 35): blank line | remove it: every line is one row"],
  [
    "NUL byte",
    `${good}{"art\u0000icle": 1}\n`,
    "f.jsonl:2:6 (byte 40): NUL byte | write the file again: a full disk or a crash leaves such bytes",
  ],
  [
    "Latin-1",
    Buffer.concat([Buffer.from(`${good}{"article": "caf`), Buffer.from([0xe9]), Buffer.from('"}\n')]),
    "f.jsonl:2:17 (byte 51): not UTF-8: byte 0xE9 | convert it, from Latin-1 for example: iconv -f latin1 -t UTF-8",
  ],
  [
    "a surrogate as bytes",
    Buffer.concat([Buffer.from('{"article": "é'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}\n')]),
    "f.jsonl:1:15 (byte 15): not UTF-8: byte 0xED | convert it, from Latin-1 for example: iconv -f latin1 -t UTF-8",
  ],
  [
    "CR alone",
    `${good.trim()}\r${good.trim()}`,
    "f.jsonl:1:36 (byte 35): not valid JSON: '{' after the end of the value | end lines with LF, not with CR alone: tr '\\r' '\\n'",
  ],
  [
    "an array",
    `[${good.trim()}]\n`,
    "f.jsonl:1:1 (byte 0): starts a JSON array; every line must be one object | convert it: jq -c '.[]'",
  ],
  [
    "an object over several lines",
    '{\n"article": "a"}\n',
    "f.jsonl:1:2 (byte 1): not valid JSON: ends inside an object\n" +
      "f.jsonl:2:10 (byte 11): not valid JSON: ':' after the end of the value | write every row on one line: jq -c .",
  ],
  ["a later array", `${good} [1]\n`, "f.jsonl:2:2 (byte 36): must be an object, is an array"],
  ["a string", `"x"\n`, "f.jsonl:1:1 (byte 0): must be an object, is text"],
  ["null", "null\n", "f.jsonl:1:1 (byte 0): must be an object, is null"],
  [
    "a missing field",
    '{"dialogue": "a", "summary": "b", "c": 1, "d": 1, "e": 1, "f": 1, "g": 1}\n',
    'f.jsonl:1:1 (byte 0): has no field "article" for the article; it has "dialogue", "summary", "c", "d", "e", "f", "g" | ' +
      "name the field that holds it: fields: {article: ...}",
  ],
  [
    "an empty object",
    "{}\n",
    'f.jsonl:1:1 (byte 0): has no field "article" for the article; it has nothing\n' +
      'f.jsonl:1:1 (byte 0): has no field "summary" for the summary; it has nothing | ' +
      "name the field that holds it: fields: {article: ...}",
  ],
  [
    "null for text",
    withSummary("null"),
    `${place}: "summary" must be text, is null | write a text there, remove the row, or let an experiment drop such rows: filter: {empty: drop}`,
  ],
  [
    "a number for text",
    withSummary("1"),
    `${place}: "summary" must be text, is a number | write a text there, or name another field: fields: {summary: ...}`,
  ],
  [
    "true for text",
    withSummary("true"),
    `${place}: "summary" must be text, is a boolean | write a text there, or name another field: fields: {summary: ...}`,
  ],
  [
    "an array for text",
    withSummary('["a"]'),
    `${place}: "summary" must be text, is an array; it has "summary.0" | write a text there, or name another field: fields: {summary: ...}`,
  ],
  [
    "an object for text",
    withSummary('{"a": 1}'),
    `${place}: "summary" must be text, is an object; it has "summary.a" | write a text there, or name another field: fields: {summary: ...}`,
  ],
  [
    "no text",
    withSummary('""'),
    `${place}: "summary" is empty | write a text there, remove the row, or let an experiment drop such rows: filter: {empty: drop}`,
  ],
  [
    "white text",
    withSummary('" \\n\\u00a0"'),
    `${place}: "summary" is empty | write a text there, remove the row, or let an experiment drop such rows: filter: {empty: drop}`,
  ],
  [
    "half a surrogate pair",
    withSummary('"a\\ud83d"'),
    `${place}: "summary" holds half of a surrogate pair, which is no character | write the character whole, or remove it`,
  ],
  ["NaN", withSummary("NaN"), `${place}: not valid JSON: NaN is not a JSON value`],
  ["Infinity", withSummary("-Infinity"), `${place}: not valid JSON: -Infinity is not a JSON value`],
  [
    "a field twice",
    withSummary('"a", "summary": "b"'),
    'f.jsonl:2:35 (byte 73): has the field "summary" twice | keep one of them',
  ],
  [
    "a field twice, escaped",
    withSummary('"a", "s\\u0075mmary": "b"'),
    'f.jsonl:2:35 (byte 73): has the field "summary" twice | keep one of them',
  ],
  ["a field's name in a text", withSummary('"a \\"summary\\": b"'), "ok"],
];

for (const [what, content, told] of cases) {
  test(`${what} is ${told === "ok" ? "accepted" : "refused"}`, async () => assert.equal(await tell(content), told));
}

const idCases: readonly (readonly [name: string, ids: readonly string[], told: string])[] = [
  ["text and numbers", ['"a"', "2", '"3"'], "ok"],
  [
    "twice",
    ['"a"', '"b"', '"a"'],
    'f.jsonl:3:8 (byte 99): "id" is "a", which line 1 has already | give every row an id of its own',
  ],
  [
    '1 and "1"',
    ["1", '"1"'],
    'f.jsonl:2:8 (byte 51): "id" is "1", which line 1 has already; as text or as a number, it is one id | ' +
      "give every row an id of its own",
  ],
  [
    "over 2^53",
    ["9007199254740993"],
    'f.jsonl:1:8 (byte 7): "id" is a number that cannot be kept exactly | write ids as text',
  ],
  ["a fraction", ["1.5"], 'f.jsonl:1:8 (byte 7): "id" is a number that cannot be kept exactly | write ids as text'],
  [
    "null",
    ["null"],
    'f.jsonl:1:8 (byte 7): "id" must be text or a whole number, is null | give every row an id, or name another field for it',
  ],
  ["empty", ['" "'], 'f.jsonl:1:8 (byte 7): "id" is empty | give every row an id, or name another field for it'],
  [
    "half a pair",
    ['"\\udc00"'],
    'f.jsonl:1:8 (byte 7): "id" holds half of a surrogate pair, which is no character | write the character whole, or remove it',
  ],
];

for (const [what, ids, told] of idCases) {
  test(`ids: ${what} is ${told === "ok" ? "accepted" : "refused"}`, async () => {
    const content = ids.map((id) => `{"id": ${id}, "article": "a b", "summary": "a"}\n`).join("");
    assert.equal(await tell(content, withId), told);
  });
}

test("a row without the id that others have is refused", async () => {
  assert.equal(
    await tell(good, withId),
    'f.jsonl:1:1 (byte 0): has no field "id" for the id; it has "article", "summary" | give every row an id, or name no field for it',
  );
});

test("keys of the prototype are fields like others, and change no prototype", async () => {
  const line = '{"__proto__": "an article", "constructor": "a summary", "x": {"__proto__": {"polluted": 1}}}\n';
  assert.equal(await tell(line, { id: undefined, article: name("__proto__"), summary: name("constructor") }), "ok");
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
  assert.match(await tell(good, { ...plain, article: name("toString") }), /has no field "toString" for the article/);
});

test("a depth of 100,000 in another field is accepted, in a text's place refused", async () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  assert.equal(await tell(`{"article": "a", "summary": "b", "x": ${deep}}\n`), "ok");
  assert.equal(
    await tell(withSummary(deep)),
    `${place}: "summary" must be text, is an array | write a text there, or name another field: fields: {summary: ...}`,
  );
});

test("hostile names are escaped and clipped", async () => {
  const hostile = `\u001b[31m${"x".repeat(60)}`;
  const told = await tell(`{${JSON.stringify(hostile)}: 1, "summary": "s"}\n`);
  assert.ok(told.includes(`it has "\\u001b[31m${"x".repeat(35)}..", "summary"`), told);
});

test("hasMember looks at the first line only as far as it can be read", () => {
  const line = (text: string) => ({ bytes: Buffer.from(text), byte: 0, isEnded: true, isTooLong: false });
  assert.equal(hasMember(line('{"a": {"id": 1}}'), "id"), false);
  assert.equal(hasMember(line('{"id": 1, '), "id"), true);
  assert.equal(hasMember(line("nonsense"), "id"), false);
});
