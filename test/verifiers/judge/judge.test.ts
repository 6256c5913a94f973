// Judges by rubric and in pairs, over a scripted chat: what they ask, how verdicts become scores, what is void.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createRecordingContext, createStream, readAll } from "../../../src/contracts/case.ts";
import { createVerifierSuite } from "../../../src/contracts/verifier-suite.ts";
import type { Chat } from "../../../src/domain/hosted.ts";
import type { Verifier } from "../../../src/domain/ports.ts";
import type { Score, StoredCandidate } from "../../../src/domain/rows.ts";
import { createJudgeTemplate } from "../../../src/systems/language/template.ts";
import { createPairwiseJudge, type Opponent, pairwiseForm } from "../../../src/verifiers/judge/pairwise.ts";
import { createQuestionMaker } from "../../../src/verifiers/judge/question.ts";
import { createRubricJudge } from "../../../src/verifiers/judge/rubric.ts";
import type { Form } from "../../../src/verifiers/judge/verdict.ts";
import { createCandidates } from "../../helpers/candidates.ts";
import { createFakeChat, readBlock, readMark } from "../../helpers/fake-chat.ts";

const scale = [1, 2, 3, 4, 5];

function createMaker(mode: "rubric" | "pairwise", form: Form, hasReference = false) {
  const text = readFileSync(new URL(`../../../prompts/judge-${mode}.jinja`, import.meta.url), "utf8");
  const template = createJudgeTemplate(text, mode, { mode, hasReference });
  return createQuestionMaker({ template, form, criteria: "- score: how good it is", maxTokens: 200 });
}

const createRubric = (chat: Chat, form: Form = { score: scale }, hasReference = false): Verifier =>
  createRubricJudge({ chat, maker: createMaker("rubric", form, hasReference), form, hasReference });

const createPairwise = (chat: Chat, against: Opponent = "draws"): Verifier =>
  createPairwiseJudge({ chat, maker: createMaker("pairwise", pairwiseForm), against, hasReference: false });

const verify = (verifier: Verifier, given: readonly StoredCandidate[], context = createRecordingContext("stage")) =>
  readAll(verifier.verify(createStream(given), { model: null, candidateCount: given.length, seed: "s" }, context));

const scoresOf = (scores: readonly Score[]) => scores.map(({ score }) => score);

/** As many points as the candidate has words, up to five. */
const byWords = createFakeChat((question) => {
  const score = Math.min(5, readBlock(question, "candidate").split(" ").length);
  return JSON.stringify({ id: readMark(question), reason: "words", score });
});

/** The longer one wins. */
const longer = createFakeChat((question) => {
  const [first, second] = [readBlock(question, "first").length, readBlock(question, "second").length];
  const winner = first > second ? "first" : first < second ? "second" : "tie";
  return JSON.stringify({ id: readMark(question), reason: "length", winner });
});

const candidates = createCandidates([["a", "a b", "a b c"], ["d", "d e"], [{ completion: "f", finish: "length" }]]);
const unusable = createCandidates([["", { completion: "no", finish: "refused", reason: "refused" }, "fine text"]]);

for (const [name, verifier] of Object.entries({
  rubric: createRubric(byWords),
  "pairwise, draws": createPairwise(longer),
  "pairwise, lead": createPairwise(longer, "lead"),
  "pairwise, reference": createPairwise(longer, "reference"),
})) {
  for (const one of createVerifierSuite({ verifier, model: null, candidates })) test(`${name}: ${one.name}`, one.run);
}

test("a rubric gives each candidate its score, a cut one too; what holds no text is not asked about", async () => {
  assert.deepEqual(scoresOf(await verify(createRubric(byWords), candidates)), [1, 2, 3, 1, 2, 1]);
  const chat = createFakeChat((question) => JSON.stringify({ id: readMark(question), reason: "", score: 4 }));
  assert.deepEqual(await verify(createRubric(chat), unusable), [
    { id: 0, score: null, reason: "empty" },
    { id: 1, score: null, reason: "refused" },
    { id: 2, score: 4, reason: null },
  ]);
  assert.equal(chat.sent.length, 1);
});

test("several criteria count alike", async () => {
  const form = { faithful: scale, brief: scale };
  const chat = createFakeChat((question) =>
    JSON.stringify({ brief: 2, id: readMark(question), faithful: 5, reason: "" }),
  );
  const [first] = await verify(createRubric(chat, form), candidates.slice(0, 1));
  assert.equal(first?.score, 3.5);
  assert.match(
    chat.sent[0]?.text ?? "",
    /"faithful": a whole number from 1 to 5, "brief": a whole number from 1 to 5\}$/,
  );
});

test("a refusal and a malformed verdict are rows with a reason, asked once", async () => {
  const texts: (string | null)[] = [null, "Score: 5", '{"score": 5}', "", "5", "5 points"];
  const chat = createFakeChat(() => texts.shift() ?? null);
  const scores = await verify(createRubric(chat), candidates);
  assert.ok(scores.every(({ score }) => score === null));
  assert.deepEqual(
    scores.slice(0, 5).map(({ reason }) => reason),
    [
      "the judge refused: content filter",
      "malformed verdict: not JSON: Score is not a JSON value",
      "malformed verdict: no id",
      "malformed verdict: not JSON: there is nothing",
      "malformed verdict: no JSON object",
    ],
  );
  assert.match(scores[5]?.reason ?? "", /^malformed verdict: not JSON/);
  assert.equal(chat.sent.length, candidates.length);
});

test("what was answered is not asked again by the stage that goes on", async () => {
  const context = createRecordingContext("stage");
  const [one, other] = [createRubric(byWords), createPairwise(longer)];
  const before = byWords.sent.length + longer.sent.length;
  const scores = [await verify(one, candidates, context), await verify(other, candidates, context)];
  const after = byWords.sent.length + longer.sent.length;
  assert.ok(after > before);
  assert.deepEqual([await verify(one, candidates, context), await verify(other, candidates, context)], scores);
  assert.equal(byWords.sent.length + longer.sent.length, after);
});

test("draws of a prompt meet in a round, in both orders; a lone one has nobody to meet", async () => {
  const chat = createFakeChat(() => null);
  await verify(createPairwise(chat), candidates);
  assert.deepEqual(
    chat.sent.map(({ id }) => id),
    ["0:1/1", "0:1/2", "1:2/1", "1:2/2", "2:0/1", "2:0/2", "3:4/1", "3:4/2"],
  );
  assert.deepEqual(readBlock(chat.sent[0]!, "first"), readBlock(chat.sent[1]!, "second"));
  const scores = await verify(createPairwise(longer), candidates);
  // The shortest loses both of its duels, the longest wins both, the middle one of two.
  assert.deepEqual(scoresOf(scores), [0, 0.5, 1, 0, 1, null]);
  assert.equal(scores[5]?.reason, "no other draw of its prompt to compare with");
});

test("a verdict that turns with the order is a tie, and so are texts that are the same, unasked", async () => {
  const biased = createFakeChat((question) => JSON.stringify({ id: readMark(question), reason: "", winner: "first" }));
  assert.deepEqual(scoresOf(await verify(createPairwise(biased), createCandidates([["a", "b"]]))), [0.5, 0.5]);
  const half = createFakeChat((question) =>
    JSON.stringify({ id: readMark(question), reason: "", winner: question.id.endsWith("1") ? "first" : "tie" }),
  );
  assert.deepEqual(scoresOf(await verify(createPairwise(half), createCandidates([["a", "b"]]))), [0.5, 0.5]);
  const silent = createFakeChat(() => null);
  assert.deepEqual(scoresOf(await verify(createPairwise(silent), createCandidates([["a", "a"]]))), [0.5, 0.5]);
  assert.equal(silent.sent.length, 0);
});

test("a void duel counts for neither; a candidate with none left has no score", async () => {
  const chat = createFakeChat((question) => (question.id.endsWith("/1") ? "no" : null));
  const scores = await verify(createPairwise(chat), createCandidates([["a", "b c"]]));
  assert.deepEqual(scoresOf(scores), [null, null]);
  assert.match(scores[0]?.reason ?? "", /malformed verdict/);
  const some = createFakeChat((question) =>
    question.id.startsWith("0:1") ? "no" : JSON.stringify({ id: readMark(question), reason: "", winner: "tie" }),
  );
  assert.deepEqual(scoresOf(await verify(createPairwise(some), createCandidates([["a", "b", "c"]]))), [0.5, 0.5, 0.5]);
});

test("against the lead and the reference each candidate meets that text alone", async () => {
  const chat = createFakeChat(() => null);
  await verify(createPairwise(chat, "lead"), candidates.slice(0, 2));
  assert.equal(readBlock(chat.sent[0]!, "second"), "Story 0 is long.");
  assert.deepEqual(
    chat.sent.map(({ id }) => id),
    ["0:lead/1", "0:lead/2", "1:lead/1", "1:lead/2"],
  );
  await verify(createPairwise(chat, "reference"), candidates.slice(0, 1));
  assert.equal(readBlock(chat.sent[4]!, "second"), "story 0");
});

test("a judge sees the reference only where the experiment says so", async () => {
  const chat = createFakeChat(() => null);
  await verify(createRubric(chat), candidates.slice(0, 1));
  assert.ok(!chat.sent[0]?.text.includes("story 0"));
  await verify(createRubric(chat, { score: scale }, true), candidates.slice(0, 1));
  assert.equal(readBlock(chat.sent[1]!, "reference"), "story 0");
});

test("every question asks for the same schema, which names every member and no other", async () => {
  const chat = createFakeChat(() => null);
  await verify(createRubric(chat), candidates);
  assert.equal(new Set(chat.sent.map(({ schema }) => JSON.stringify(schema))).size, 1);
  assert.deepEqual(chat.sent[0]?.schema, {
    type: "object",
    properties: { id: { type: "string" }, reason: { type: "string" }, score: { type: "integer", enum: scale } },
    required: ["id", "reason", "score"],
    additionalProperties: false,
  });
});
