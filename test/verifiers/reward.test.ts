// The reward verifier over a scripted classifier: which label counts, what is classified, what has no score.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createRecordingContext, createStream, readAll } from "../../src/contracts/case.ts";
import { createVerifierSuite } from "../../src/contracts/verifier-suite.ts";
import type { Classifier, Labels } from "../../src/domain/hosted.ts";
import { VerifierError } from "../../src/errors.ts";
import { createRewardVerifier } from "../../src/verifiers/reward.ts";
import { createCandidates } from "../helpers/candidates.ts";

const classify = (read: (text: string) => Omit<Labels, "id">): Classifier => ({
  version: 1,
  identity: {},
  async *classify(texts, { signal }) {
    for await (const { id, text } of texts) {
      signal.throwIfAborted();
      yield { id, ...read(text) };
    }
  },
});

const create = (read: (text: string) => Omit<Labels, "id">, label: string | null = "good") =>
  createRewardVerifier({
    classifier: classify(read),
    label,
    render: ({ article }, completion) => `${article} => ${completion}`,
  });
const candidates = createCandidates([
  ["a", "bb"],
  ["", "dddd"],
]);
const verify = (verifier: ReturnType<typeof create>) =>
  readAll(
    verifier.verify(
      createStream(candidates),
      { model: null, candidateCount: candidates.length, seed: "s" },
      createRecordingContext("stage"),
    ),
  );
const byLength = (text: string) => ({ scores: { good: text.length, bad: -text.length }, reason: null });

for (const { name, run } of createVerifierSuite({ verifier: create(byLength), model: null, candidates })) {
  test(`a reward verifier: ${name}`, run);
}

test("the score of the chosen label, of the prompt with its completion; an empty one is not sent", async () => {
  const texts: string[] = [];
  const scores = await verify(
    create((text) => {
      texts.push(text);
      return byLength(text);
    }),
  );
  assert.deepEqual(texts, [
    "Story 0 is long. It goes on. => a",
    "Story 0 is long. It goes on. => bb",
    "Story 1 is long. It goes on. => dddd",
  ]);
  assert.deepEqual(scores, [
    { id: 0, score: 33, reason: null },
    { id: 1, score: 34, reason: null },
    { id: 2, score: null, reason: "empty" },
    { id: 3, score: 36, reason: null },
  ]);
});

test("the only label needs no name; of several one must be chosen, and it must be there", async () => {
  const one = (text: string) => ({ scores: { LABEL_0: text.length }, reason: null });
  assert.equal((await verify(create(one, null)))[0]?.score, 33);
  const refusals: readonly (readonly [ReturnType<typeof create>, RegExp])[] = [
    [create(byLength, null), /gives several labels and none is chosen: it has "good", "bad"/],
    [create(byLength, "best"), /gives no label "best": it has "good", "bad"/],
    [create(byLength, "toString"), /gives no label "toString"/],
    [create(() => ({ scores: {}, reason: null })), /it has none/],
  ];
  for (const [verifier, told] of refusals) {
    await assert.rejects(verify(verifier), (error: Error) => {
      assert.ok(error instanceof VerifierError);
      assert.match(error.message, told);
      assert.equal(error.next, "name one of them under label");
      return true;
    });
  }
});

test("a refusal, and a score that is no number, are rows with a reason", async () => {
  const [refused] = await verify(create(() => ({ scores: null, reason: "too long" })));
  assert.deepEqual(refused, { id: 0, score: null, reason: "too long" });
  const [infinite] = await verify(create(() => ({ scores: { good: Number.POSITIVE_INFINITY }, reason: null })));
  assert.deepEqual(infinite, { id: 0, score: null, reason: "the endpoint gave no finite score" });
});
