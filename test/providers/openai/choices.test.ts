import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { type Expected, parseChoices } from "../../../src/providers/openai/choices.ts";
import { foldStream } from "../../../src/providers/openai/stream.ts";

interface Published {
  readonly source: string;
  readonly hasFinish?: boolean;
  readonly reply: { readonly choices: readonly unknown[] };
  readonly expected: {
    readonly texts: readonly string[];
    readonly finishes: readonly string[];
    readonly termCounts: readonly (number | null)[];
    readonly promptTokens: number;
    readonly completionTokens: number;
  };
}

const folder = new URL("../../fixtures/replies/", import.meta.url);
const usual: Expected = { count: 1, maxTokens: 100, stop: [], hasFinish: true };

test("replies in the published shapes of every server are read", () => {
  const files = readdirSync(folder);
  assert.equal(files.length, 14);
  for (const file of files) {
    const { reply, expected, hasFinish = true } = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Published;
    const told = parseChoices(reply, { ...usual, count: reply.choices.length, hasFinish });
    assert.ok(told.kind === "choices", `${file}: ${JSON.stringify(told)}`);
    const found = {
      texts: told.choices.map(({ text }) => text),
      finishes: told.choices.map(({ finish }) => finish),
      termCounts: told.choices.map(({ terms }) => terms?.length ?? null),
      promptTokens: told.promptTokens,
      completionTokens: told.completionTokens,
    };
    assert.deepEqual(found, expected, file);
  }
});

const choice = (fields: object = {}) => ({ index: 0, message: { content: "a b" }, finish_reason: "stop", ...fields });
const parse = (choices: unknown, expected: Partial<Expected> = {}, rest: object = {}) =>
  parseChoices({ choices, ...rest }, { ...usual, ...expected });

test("a reply that leaves out what is needed is lost, and says what", () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /no choices/],
    [null, /no choices/],
    ["text", /no choices/],
    [[], /0 choices where 1/],
    [[choice(), choice({ index: 1 })], /2 choices where 1/],
    [[choice({ finish_reason: null })], /no finish_reason/],
    [[choice({ finish_reason: undefined })], /no finish_reason/],
    [[choice({ finish_reason: "" })], /no finish_reason/],
    [[choice({ finish_reason: "abort" })], /ended by "abort"/],
    [[choice({ finish_reason: "error" })], /ended by "error"/],
    [[choice({ message: undefined })], /neither message nor text/],
    [[choice({ index: 3 })], /numbered/],
    [["text"], /no object/],
  ];
  for (const [choices, words] of cases) {
    const told = parse(choices);
    assert.match(told.kind === "lost" ? told.reason : "", words, JSON.stringify(choices));
  }
  assert.equal(parseChoices(null, usual).kind, "lost");
  assert.equal(parse([choice(), choice()], { count: 2 }).kind, "lost");
  // A server that drops n says one thing as if it were all.
  const dropped = parse([choice()], { count: 3 });
  assert.deepEqual(dropped, { kind: "lost", reason: "the reply has 1 choice where 3 were asked for", cause: "draws" });
});

test("without a finish reason, where that is known, a full count means that it was cut", () => {
  const read = (completion_tokens: number) => {
    const told = parse(
      [choice({ finish_reason: null })],
      { hasFinish: false, maxTokens: 8 },
      { usage: { completion_tokens } },
    );
    return told.kind === "choices" && told.choices[0]?.finish;
  };
  assert.equal(read(8), "length");
  assert.equal(read(7), "stop");
});

test("a text ends where a stop text begins, whatever the server does with it", () => {
  const logprobs = { content: [{ logprob: -1 }, { logprob: -2 }] };
  const read = (content: string) => {
    const told = parse([choice({ message: { content }, finish_reason: "length", logprobs })], { stop: ["\n", "END"] });
    return told.kind === "choices" ? told.choices[0] : undefined;
  };
  assert.deepEqual(read("a bEND"), { text: "a b", finish: "stop", terms: new Float64Array([-1, -2]) });
  assert.deepEqual(read("a b\nand on END"), { text: "a b", finish: "stop", terms: null });
  assert.equal(read("a b")?.finish, "length");
});

test("numbers that are no log-probabilities are none at all", () => {
  for (const bad of [null, "x", 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    const told = parse([choice({ logprobs: { content: [{ logprob: -1 }, { logprob: bad }] } })]);
    assert.ok(told.kind === "choices" && told.choices[0]?.terms === null, String(bad));
  }
  const told = parse([choice({ logprobs: { content: [{ logprob: 0.00001 }, { logprob: -9999 }] } })]);
  assert.deepEqual(told.kind === "choices" && told.choices[0]?.terms, new Float64Array([0.00001, -9999]));
});

const piece = (content: string, rest: object = {}) => ({
  id: "a",
  choices: [{ index: 0, delta: { content }, finish_reason: null, ...rest }],
});
const last = { id: "a", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
const counted = { id: "a", choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } };

test("a stream reads like the whole reply that it is", () => {
  const folded = foldStream([
    { id: "", choices: [], prompt_filter_results: [] },
    { id: "a", choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }] },
    piece("a", { logprobs: { content: [{ logprob: -1 }] } }),
    piece(" b", { logprobs: { content: [{ logprob: -2 }] } }),
    last,
    counted,
  ]);
  assert.ok(folded.kind === "folded");
  const told = parseChoices(folded.value, usual, folded.pieces);
  assert.ok(told.kind === "choices");
  assert.deepEqual(told.choices, [{ text: "a b", finish: "stop", terms: new Float64Array([-1, -2]) }]);
  assert.deepEqual([told.promptTokens, told.completionTokens], [3, 2]);
});

test("a stream without its last piece, with one twice, or of two answers is lost", () => {
  const read = (events: readonly unknown[]) => {
    const folded = foldStream(events);
    return folded.kind === "lost" ? folded : parseChoices(folded.value, usual, folded.pieces);
  };
  const cases: readonly (readonly [readonly unknown[], RegExp])[] = [
    [[piece("a"), piece(" b"), counted], /no finish_reason/],
    [[piece("a"), piece(" b"), piece(" b"), last, counted], /came twice/],
    [[piece("a"), { ...piece(" b"), id: "other" }, last, counted], /two answers/],
    [[], /0 choices/],
    [["text"], /no object/],
  ];
  for (const [events, words] of cases) {
    const told = read(events);
    assert.match(told.kind === "lost" ? told.reason : "", words, JSON.stringify(events));
  }
  assert.equal(read([piece("a"), piece(" b"), last, last, counted, counted]).kind, "choices");
});
