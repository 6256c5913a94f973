// The hosted scorer through the real controller and wire: the Scorer contract on every shape, the true log-probabilities,
// rows that cannot be scored, and answers that are recalled instead of asked for again.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createRecordingContext, createStream, readAll } from "../../../src/contracts/case.ts";
import { createScorerSuite } from "../../../src/contracts/scorer-suite.ts";
import type { LogProbability, Model, Scorer } from "../../../src/domain/ports.ts";
import type { Example } from "../../../src/domain/rows.ts";
import { ProviderError } from "../../../src/errors.ts";
import { openConnection } from "../../../src/providers/connection.ts";
import type { EndpointSettings } from "../../../src/providers/endpoint.ts";
import { createHostedScorer } from "../../../src/providers/given/scorer.ts";
import { createSendJson } from "../../../src/providers/given/send.ts";
import { createEndpointGate } from "../../../src/providers/proving/gate.ts";
import { createEndpoint } from "../../helpers/endpoint.ts";
import { createMemoryEvidence, reachEndpoint } from "../../helpers/given-endpoint.ts";
import { type GivenServer, type ServerTraits, startGivenServer } from "../../helpers/given-server.ts";
import { systemClock } from "../../helpers/temporary-folder.ts";

const model: Model = { lineage: "endpoint:teacher", file: "", digest: "d".repeat(64) };

interface Subject {
  readonly server: GivenServer;
  readonly scorer: Scorer;
}

async function open(
  context: TestContext,
  traits: ServerTraits,
  settings: Partial<EndpointSettings> = {},
): Promise<Subject> {
  const server = await startGivenServer(context, traits);
  const reached = reachEndpoint(context, server.base, settings);
  const gate = createEndpointGate({
    ...reached,
    records: createMemoryEvidence(),
    digests: [model.digest],
    acceptsChange: false,
  });
  return { server, scorer: createHostedScorer({ version: 1, ...reached, gate }) };
}

const examples: readonly Example[] = [
  { id: "1", prompt: "The ship was in the harbour.", completion: " The captain said that it was old." },
  { id: "2", prompt: "A storm on the coast", completion: " by night, and the bridge was at the north." },
  { id: "3", prompt: "The city council", completion: " had a new day" },
  { id: "4", prompt: "Überall liegt", completion: " ein Boot 🚢 am Ufer." },
];

const score = (scorer: Scorer, given: readonly Example[], stage = createRecordingContext("stage")) =>
  readAll<LogProbability>(scorer.score(createStream(given), { model, exampleCount: given.length }, stage));

for (const traits of [
  { kind: "vllm" },
  { kind: "vllm", ignoresEcho: true },
  { kind: "sglang" },
  { kind: "tgi" },
  { kind: "llama-cpp" },
  { kind: "llama-cpp", isBare: true },
  { kind: "together" },
] as const satisfies readonly ServerTraits[]) {
  test(`${JSON.stringify(traits)} keeps the contract and tells the truth`, async (context) => {
    const { server, scorer } = await open(context, traits);
    for (const { name, run } of createScorerSuite({ scorer, model, examples })) await context.test(name, run);
    const { bigram } = server;
    for (const [at, { sum, tokenCount }] of (await score(scorer, examples)).entries()) {
      const { prompt, completion } = examples[at] as Example;
      const before = bigram.split(prompt);
      const tokens = bigram.split(completion);
      const terms = tokens.map((token, index) => bigram.term([...before, ...tokens.slice(0, index)], token));
      assert.equal(tokenCount, tokens.length);
      assert.ok(Math.abs((sum as number) - terms.reduce((total, term) => total + term, 0)) < 1e-9);
    }
  });
}

test("what stands between prompt and completion is read and not scored", async (context) => {
  const { server, scorer } = await open(context, { kind: "vllm" }, { join: "\n" });
  const [scored] = await score(scorer, [{ id: "1", prompt: "The ship", completion: "was old" }]);
  const { bigram } = server;
  const before = ["The", " ship", "\n"];
  const expected = bigram.term(before, "was") + bigram.term([...before, "was"], " old");
  assert.equal(scored?.tokenCount, 2);
  assert.ok(Math.abs((scored?.sum as number) - expected) < 1e-9);
});

test("a token that straddles the boundary counts whole, to the completion", async (context) => {
  const { server, scorer } = await open(context, { kind: "vllm" });
  const stage = createRecordingContext("stage");
  const [scored] = await score(scorer, [{ id: "1", prompt: "The har", completion: "bour was old" }], stage);
  const { bigram } = server;
  assert.equal(scored?.tokenCount, 3);
  assert.equal(scored?.tokens?.[0], bigram.term(["The"], " harbour"));
  // And the record says so.
  const kept = stage.ledger.recall("given/1") as { readonly answer: { readonly straddles: boolean } };
  assert.equal(kept.answer.straddles, true);
});

test("what cannot be scored is a row with its reason", async (context) => {
  const { scorer } = await open(context, { kind: "vllm" });
  const given = [
    { id: "empty", prompt: "The ship", completion: "" },
    { id: "whole", prompt: "The ship", completion: " was" },
  ];
  const [empty, whole] = await score(scorer, given);
  assert.deepEqual(empty, { id: "empty", sum: null, tokenCount: 0, tokens: null, reason: "the completion is empty" });
  assert.equal(whole?.reason, null);
  const { scorer: bare } = await open(context, { kind: "sglang" });
  const [first] = await score(bare, [{ id: "first", prompt: "", completion: "The ship" }]);
  assert.equal(first?.reason, "no server tells the log-probability of a text's first token");
});

test("what was answered is recalled by whoever goes on with the stage, and asked for once", async (context) => {
  const { server, scorer } = await open(context, { kind: "vllm" });
  const stage = createRecordingContext("stage");
  const first = await score(scorer, examples.slice(0, 2), stage);
  const asked = server.received.length;
  const second = await score(scorer, examples, stage);
  assert.equal(server.received.length, asked + 2);
  assert.deepEqual(second.slice(0, 2), first);
});

test("an endpoint that cannot be proved scores nothing, and the error names those that can", async (context) => {
  const { server, scorer } = await open(context, { kind: "llama-cpp", isOffByOne: true });
  await assert.rejects(score(scorer, examples), (error: ProviderError) => {
    assert.ok(error instanceof ProviderError);
    assert.match(error.message, /^endpoint teacher: given texts cannot be scored there: .*off by one position/);
    assert.match(error.next ?? "", /vLLM, SGLang, TGI launched with --enable-prefill-logprobs, llama-cpp-python's/);
    return true;
  });
  assert.ok(server.received.length <= 10);
});

test("a server that falls silent after it was proved is at fault, not the texts", async (context) => {
  const { server, scorer } = await open(context, { kind: "vllm" });
  await score(scorer, examples.slice(0, 1));
  server.become({ ignoresEcho: true, kind: "together" });
  await assert.rejects(score(scorer, examples.slice(1)), ProviderError);
});

test("a score by another name than that of the proof is none", async (context) => {
  const server = await startGivenServer(context, { kind: "vllm", answersAs: "teacher-2026-03-01" });
  const settings = createEndpoint({ ask: "completions", given: "auto", model: "teacher", urls: [server.base] });
  const connection = openConnection(settings, { secret: null, clock: systemClock, backoffMs: 1 });
  context.after(() => connection.close());
  const { names } = connection.talk;
  const reached = { settings, controller: connection.controller, send: createSendJson(connection), names };
  const parts = { ...reached, records: createMemoryEvidence(), digests: [model.digest], acceptsChange: false };
  const scorer = createHostedScorer({ version: 1, ...reached, gate: createEndpointGate(parts) });
  assert.equal((await score(scorer, examples.slice(0, 1))).length, 1);
  server.become({ answersAs: "teacher-2026-09-01" });
  await assert.rejects(
    score(scorer, examples.slice(1)),
    /it answered as teacher-2026-09-01, and as teacher-2026-03-01 when it was proved/,
  );
});
