import assert from "node:assert/strict";
import { test } from "node:test";
import type { CandidateText } from "../../../src/domain/lint.ts";
import { computeCandidateLint } from "../../../src/evaluation/lint/candidates.ts";

type Given = readonly [position: number, completion: string, finish?: CandidateText["finish"], reason?: string];

async function read(given: readonly Given[], isRandom = true, signal = new AbortController().signal) {
  const texts = given.map(([position, completion, finish = "stop", reason = null], id) => {
    return { id, position, completion, finish, reason } as CandidateText;
  });
  async function* pages() {
    for (let first = 0; first < texts.length; first += 2) yield texts.slice(first, first + 2);
  }
  return await computeCandidateLint(pages(), { candidateCount: texts.length, isRandom, signal });
}

test("each thing that goes wrong is counted once, as what it is", async () => {
  const found = await read([
    [0, "Fox and dogs"],
    [0, "fox  and dogs "],
    [1, "a cut te", "length", "truncated"],
    [1, " \n", "stop", "empty"],
    [2, "", "refused", "refused"],
    [2, "{broken", "stop", "unparsable"],
    [3, "end <|im_end|>"],
    [3, "fox and dogs"],
  ]);
  assert.deepEqual(found, {
    candidates: 8,
    texts: 6,
    distinct: 4,
    effective: 36 / (9 + 1 + 1 + 1),
    truncated: 1,
    empty: 1,
    refused: 1,
    unparsable: 1,
    markers: 1,
    drawnAgain: 2,
    drawnAlike: 1,
  });
});

test("a server that ignores the seed shows: every prompt drawn from again gives one text", async () => {
  const prompts = [0, 1, 2, 3];
  const ignored = await read(
    prompts.flatMap((position) => [0, 1, 2].map((): Given => [position, `answer ${position}`])),
  );
  assert.deepEqual([ignored.drawnAgain, ignored.drawnAlike], [4, 4]);
  const heeded = await read(
    prompts.flatMap((position) => [0, 1].map((draw): Given => [position, `${position} ${draw}`])),
  );
  assert.deepEqual([heeded.drawnAgain, heeded.drawnAlike], [4, 0]);
  // The last of three is another: not alike.
  const last = await read([
    [0, "a"],
    [0, "a"],
    [0, "b"],
  ]);
  assert.deepEqual([last.drawnAgain, last.drawnAlike], [1, 0]);
  // Greedy draws must be the same, and one draw says nothing.
  assert.deepEqual(
    (
      await read(
        [
          [0, "a"],
          [0, "a"],
        ],
        false,
      )
    ).drawnAgain,
    0,
  );
  assert.deepEqual(
    (
      await read([
        [0, "a"],
        [1, "a"],
      ])
    ).drawnAgain,
    0,
  );
});

test("a run that stops does not wait for the rest of the pages", async () => {
  const stop = new AbortController();
  stop.abort(new Error("stopped"));
  await assert.rejects(read([[0, "a"]], true, stop.signal), /stopped/);
});

test("no candidates, or none with a text, are counts of nothing", async () => {
  assert.deepEqual((await read([])).effective, 0);
  const none = await read([[0, "", "refused", "refused"]]);
  assert.deepEqual([none.candidates, none.texts, none.distinct, none.effective, none.empty], [1, 0, 0, 0, 0]);
});
