// The verify stage in a real run folder: what is attacked beside the candidates, what a verifier that fails leaves, and
// that going on asks for nothing twice.

import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import type { Chat } from "../../../src/domain/hosted.ts";
import type { Verifier } from "../../../src/domain/ports.ts";
import type { StoredCandidate } from "../../../src/domain/rows.ts";
import type { Stage } from "../../../src/domain/stage.ts";
import { createDescribingExecutor } from "../../../src/loop/describing.ts";
import { createDurableExecutor } from "../../../src/loop/durable.ts";
import { runTrials } from "../../../src/loop/trials.ts";
import { createProvider } from "../../../src/providers/provider.ts";
import { readLintTurns } from "../../../src/store/shelf/lint.ts";
import type { NamedVerifier } from "../../../src/systems/language/settings.ts";
import { createJudgeTemplate } from "../../../src/systems/language/template.ts";
import type { ScoresValue } from "../../../src/systems/language/verify.ts";
import { renderWithoutMarkers } from "../../../src/text/markers/chat-markers.ts";
import { createCanaries } from "../../../src/verifiers/judge/attack.ts";
import { listAttacks } from "../../../src/verifiers/judge/canaries.ts";
import { createPairwiseJudge, pairwiseForm } from "../../../src/verifiers/judge/pairwise.ts";
import { createQuestionMaker } from "../../../src/verifiers/judge/question.ts";
import { createRubricJudge } from "../../../src/verifiers/judge/rubric.ts";
import { createRewardVerifier } from "../../../src/verifiers/reward.ts";
import { createEndpoint, quickLimits } from "../../helpers/endpoint.ts";
import { createFakeChat, readBlock, readMark } from "../../helpers/fake-chat.ts";
import {
  createLanguageArm,
  createRows,
  createScriptedSystem,
  describeSplits,
  openLanguageFolder,
} from "../../helpers/language-run.ts";
import { sendJson, startLoopback } from "../../helpers/loopback.ts";
import { idleContext } from "../../helpers/memory-records.ts";
import { createTemporaryFolder, systemClock } from "../../helpers/temporary-folder.ts";

const splits = { train: createRows("train", 6), test: createRows("test", 2) };

/** Runs one arm of two generations that selects by the verifier; returns the verify stages' values. */
async function run(directory: string, named: NamedVerifier): Promise<readonly ScoresValue[]> {
  const folder = await openLanguageFolder(directory, { splits });
  try {
    const system = createScriptedSystem(folder.shelf, { verifiers: { own: named }, dataset: describeSplits(splits) });
    const { signal } = new AbortController();
    const stages: Stage[] = [];
    const execute = createDurableExecutor({
      records: folder.records,
      signal,
      onEvent: () => undefined,
      perform: ({ key, description, inputs }) => {
        const own = { ...idleContext, key, signal, clock: systemClock, ledger: folder.createLedger(key) };
        return system.perform(description, inputs, own);
      },
    });
    const arm = createLanguageArm(
      "arm",
      { verifier: "own", metrics: [], selection: { best: 1, threshold: null, keep: 1 } },
      1,
    );
    const planned = createDescribingExecutor();
    await runTrials([{ arm, seed: 0 }], system, planned.execute, { concurrency: 1, onFailure: () => undefined });
    await folder.writePlan(planned.stages.values(), [{ id: arm.id, generations: 1, isLine: false, fields: {} }]);
    await runTrials(
      [{ arm, seed: 0 }],
      system,
      async (description) => {
        const stage = await execute(description);
        if (stage.kind === "verify") stages.push(stage);
        return stage;
      },
      { concurrency: 1, onFailure: () => undefined },
    );
    return stages.map(({ value }) => value as ScoresValue);
  } finally {
    await folder.close();
  }
}

const place = (context: TestContext): string => join(createTemporaryFolder(context), "run");
const score = (form: string): string => `{{ article }} {{ candidate }} ${form}{{ verdict }}`;
const scale = { score: Array.from({ length: 11 }, (_, index) => index) };

function createRubric(chat: Chat): NamedVerifier {
  const template = createJudgeTemplate(score("\n"), "own", { mode: "rubric", hasReference: false });
  const maker = createQuestionMaker({ template, form: scale, criteria: "-", maxTokens: 50 });
  return {
    verifier: createRubricJudge({ chat, maker, form: scale, hasReference: false }),
    parameters: { kind: "judge" },
    auxiliary: null,
    isSeeded: false,
    canaries: createCanaries({ count: 8, high: 10, isPaired: false }),
  };
}

const attacks = new Set([1, 10].flatMap((high) => listAttacks(high).map(renderWithoutMarkers)));
const isAttack = (text: string): boolean => attacks.has(text);

test("eight attacks are judged beside the candidates, and how they fared is kept with the stage", async (context) => {
  const judge = (ofAttack: number, ofCandidate: number) =>
    createFakeChat((question) => {
      const given = isAttack(readBlock(question, "candidate")) ? ofAttack : ofCandidate;
      return JSON.stringify({ id: readMark(question), reason: "", score: given });
    });
  const gullible = judge(10, 4);
  const [value] = await run(place(context), createRubric(gullible));
  assert.equal(gullible.sent.length, 12 + 8);
  assert.equal(value?.rows, 12);
  assert.deepEqual(value?.attacks, { scored: 8, unscorable: 0, succeeded: 8, mean: 10, candidateMean: 4 });
  const [firm] = await run(place(context), createRubric(judge(0, 4)));
  assert.deepEqual(firm?.attacks, { scored: 8, unscorable: 0, succeeded: 0, mean: 0, candidateMean: 4 });
});

test("in pairs each attack meets the candidate whose place it takes", async (context) => {
  const text = "{{ first }} {{ second }}\n{{ verdict }}";
  const template = createJudgeTemplate(text, "own", { mode: "pairwise", hasReference: false });
  const maker = createQuestionMaker({ template, form: pairwiseForm, criteria: "-", maxTokens: 50 });
  const chat = createFakeChat((question) => {
    const winner = isAttack(readBlock(question, "first")) ? "second" : "first";
    return JSON.stringify({ id: readMark(question), reason: "", winner });
  });
  const [value] = await run(place(context), {
    verifier: createPairwiseJudge({ chat, maker, against: "draws", hasReference: false }),
    parameters: { kind: "judge" },
    auxiliary: null,
    isSeeded: false,
    canaries: createCanaries({ count: 8, high: 1, isPaired: true }),
  });
  assert.deepEqual(value?.attacks, { scored: 8, unscorable: 0, succeeded: 0, mean: 0, candidateMean: 0.5 });
});

test("lint tells of the attacks, in the turn that they were made in, and a finished stage makes no more", async (context) => {
  const directory = place(context);
  const chat = createFakeChat((question) => JSON.stringify({ id: readMark(question), reason: "", score: 5 }));
  await run(directory, createRubric(chat));
  const connection = new Database(join(directory, "state.db"), { readonly: true });
  const turns = readLintTurns(connection);
  connection.close();
  const told = { scored: 8, unscorable: 0, succeeded: 8, mean: 5, candidateMean: 5 };
  assert.deepEqual(
    turns.map(({ generation, attacks: found }) => [generation, found]),
    [
      [0, told],
      [1, undefined],
    ],
  );
  const sent = chat.sent.length;
  await run(directory, createRubric(chat));
  assert.equal(chat.sent.length, sent);
});

test("a judge that is cut off is gone on with, and nothing is asked twice", async (context) => {
  const directory = place(context);
  let left = 7;
  const reply = createFakeChat((question) => {
    if (left-- === 0) throw new Error("the connection broke");
    return JSON.stringify({ id: readMark(question), reason: "", score: 3 });
  });
  await assert.rejects(run(directory, createRubric(reply)), /the connection broke/);
  left = -1;
  const [value] = await run(directory, createRubric(reply));
  assert.equal(value?.unscorable, 0);
  const ids = reply.sent.map(({ id }) => id);
  assert.equal(ids.length, 12 + 8 + 1);
  assert.equal(new Set(ids).size, 12 + 8);
});

test("over the wire: a judge whose key is turned down stops the run, and what it had answered is not paid again", async (context) => {
  const answered: string[] = [];
  let isOpen = false;
  const server = await startLoopback(context, ({ body }, response) => {
    const text = (body.messages as { content: string }[]).at(-1)?.content ?? "";
    if (!isOpen && answered.length === 7) return sendJson(response, { error: { message: "no such key" } }, 401);
    answered.push(text);
    const [, mark] = /\{"id": "(\w+)"[^\n]*$/.exec(text) ?? [];
    const content = JSON.stringify({ id: mark, reason: "", score: text.length % 11 });
    const choices = [{ index: 0, message: { content }, finish_reason: "stop" }];
    sendJson(response, { choices, usage: { prompt_tokens: 9, completion_tokens: 4 } });
  });
  const endpoint = createEndpoint({ urls: [server.url], limits: { ...quickLimits, concurrency: 1 } });
  const directory = place(context);
  const judge = async (): Promise<ScoresValue | undefined> => {
    const provider = createProvider(endpoint, { secret: null, clock: systemClock });
    try {
      return (await run(directory, createRubric(provider.chat)))[0];
    } finally {
      await provider.close();
    }
  };
  await assert.rejects(judge(), /no such key|401/);
  isOpen = true;
  const value = await judge();
  assert.equal(value?.unscorable, 0);
  assert.equal(value?.attacks?.scored, 8);
  assert.equal(answered.length, 12 + 8);
  assert.equal(new Set(answered).size, answered.length);
});

/** Scores by position, and fails once `failAt` has come by. */
function createFailing(grain: "candidate" | "prompt", failAt: number): NamedVerifier & { readonly asked: number[][] } {
  const asked: number[][] = [];
  const verifier: Verifier = {
    version: 1,
    grain,
    async *verify(candidates) {
      const own: number[] = [];
      asked.push(own);
      for await (const { id } of candidates as AsyncIterable<StoredCandidate>) {
        own.push(id);
        if (asked.length === 1 && id === failAt) throw new Error("it broke");
        yield { id, score: id, reason: null };
      }
    },
  };
  return { asked, verifier, parameters: { kind: "own" }, auxiliary: null, isSeeded: false };
}

test("a reward model is asked over the wire for the prompt with its completion", async (context) => {
  const server = await startLoopback(context, ({ body }, response) =>
    sendJson(response, [
      [
        { label: "GOOD", score: String(body.inputs).length },
        { label: "BAD", score: 0 },
      ],
    ]),
  );
  const provider = createProvider(createEndpoint({ urls: [server.url] }), { secret: null, clock: systemClock });
  context.after(() => provider.close());
  const verifier = createRewardVerifier({
    classifier: provider.classifier,
    label: "GOOD",
    render: ({ article }, completion) => `${article}\n\n${completion}`,
  });
  const [value] = await run(place(context), { verifier, parameters: {}, auxiliary: null, isSeeded: false });
  assert.equal(value?.unscorable, 0);
  assert.equal(value?.attacks, undefined);
  assert.equal(server.received.length, 12);
  assert.match(String(server.received[0]?.body.inputs), /^story 0 tells of .* lazy dogs\n\n./);
});

test("what a verifier gave before it failed is kept; one that needs whole prompts is handed the torn one again", async (context) => {
  for (const [grain, from] of [
    ["candidate", 7],
    ["prompt", 6],
  ] as const) {
    const directory = place(context);
    const named = createFailing(grain, 7);
    await assert.rejects(run(directory, named), /it broke/);
    const [value] = await run(directory, named);
    assert.deepEqual(
      named.asked.map((ids) => [ids[0], ids.at(-1)]),
      [
        [0, 7],
        [from, 11],
      ],
    );
    const [whole] = await run(place(context), createFailing(grain, -1));
    assert.deepEqual(value, whole);
  }
});
