// The embedded model behind refeed serve, as a hosted one: proved by the same rule in few requests, and scored to the bit
// as in this process.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createRecordingContext, createStream, readAll } from "../../../src/contracts/case.ts";
import { createScorerSuite } from "../../../src/contracts/scorer-suite.ts";
import { createEmbeddedRuntime, type EmbeddedRuntime } from "../../../src/embedded/runtime.ts";
import { ProviderError } from "../../../src/errors.ts";
import type { Json } from "../../../src/keys/canonical.ts";
import { createHostedScorer } from "../../../src/providers/given/scorer.ts";
import type { SendJson } from "../../../src/providers/given/send.ts";
import { createEndpointGate } from "../../../src/providers/proving/gate.ts";
import { computeProofCost } from "../../../src/providers/proving/proof-cost.ts";
import type { ServedAddress } from "../../../src/providers/served/server.ts";
import { createTrialQuestion } from "../../../src/verifiers/judge/trial.ts";
import { createMemoryEvidence, reachEndpoint } from "../../helpers/given-endpoint.ts";
import { openServer } from "../../helpers/served-client.ts";

const story =
  "optiza united defeated optivix tigers by 9 points in hartmouth on thursday . a crowd of 24 thousand sang all night .";
const examples = [
  { id: "1", prompt: story, completion: "optiza united beat optivix tigers in hartmouth" },
  { id: "2", prompt: "dorcore bank closed a mine in tarburg .", completion: "dorcore bank shuts mine" },
  { id: "3", prompt: "Anna's firm bought Globex, a rival. 🎉", completion: "firm buys Globex" },
];
const tooLong = { id: "long", prompt: story, completion: `${story} ${story}` };
const noPrompt = { id: "none", prompt: " ", completion: "mine shut" };

let runtime: EmbeddedRuntime;
let server: ServedAddress;

before(async () => {
  runtime = await createEmbeddedRuntime({ workers: 1 });
  server = await openServer(runtime);
});
after(async () => {
  await server.close();
  await runtime.close();
});

test("a lineage is entered by its digest, proved once, and scored to the bit", async (context) => {
  const reached = reachEndpoint(context, server.url, { name: "own", model: null });
  const records = createMemoryEvidence();
  const gate = createEndpointGate({ ...reached, records, digests: null, acceptsChange: false });
  const stage = createRecordingContext("stage");
  const { given, abilities } = await gate.enter(runtime.base, stage);
  assert.ok(given.kind === "proved", JSON.stringify(given));
  assert.equal(given.way, "refeed");
  assert.ok(given.agreement.tokenCount >= 64 && given.agreement.median <= 1e-4, JSON.stringify(given));
  assert.ok(abilities.n && abilities.seed && abilities.stop && abilities.logProbabilities, JSON.stringify(abilities));
  assert.ok(stage.intents.length <= 10, `${stage.intents.length} requests`);

  const model = runtime.base;
  const scorer = createHostedScorer({ version: 1, ...reached, gate });
  for (const { name, run } of createScorerSuite({ scorer, model, examples })) await context.test(name, run);
  const all = [...examples, tooLong];
  const request = { model, exampleCount: all.length };
  const hosted = await readAll(scorer.score(createStream(all), request, createRecordingContext("hosted")));
  const own = await readAll(runtime.scorer.score(createStream(all), request, createRecordingContext("own")));
  assert.deepEqual(hosted, own);
  const [refused] = await readAll(scorer.score(createStream([noPrompt]), request, createRecordingContext("none")));
  assert.equal(refused?.sum, null);
  assert.match(refused?.reason ?? "", /prompt is empty/);
});

test("a model that writes a word at a time is proved by what is drawn from it", async (context) => {
  const reached = reachEndpoint(context, server.url, { name: "own", model: null });
  const send: SendJson = (place, call, signal) => {
    const body = call.body as Readonly<Record<string, Json>> | null;
    return reached.send(place, body?.temperature === 0 ? { ...call, body: { ...body, max_tokens: 1 } } : call, signal);
  };
  const parts = { ...reached, send, records: createMemoryEvidence(), digests: null, acceptsChange: false };
  const stage = createRecordingContext("stage");
  const { given } = await createEndpointGate(parts).enter(runtime.base, stage);
  assert.ok(given.kind === "proved" && given.agreement.tokenCount >= 64, JSON.stringify(given));
  assert.ok(stage.intents.some(({ key }) => key === "probe/own/canaries-drawn"));
  assert.ok(stage.intents.length <= 10, `${stage.intents.length} requests`);
});

test("a server that writes no more than a headline is told by one, whatever the experiment says of given texts", async (context) => {
  for (const ask of ["completions", "chat"] as const) {
    const reached = reachEndpoint(context, server.url, { name: "t", model: "base", ask, given: "none" });
    const uses = { isSampled: true, isScored: false, isJudge: false, draws: 4 };
    const parts = { ...reached, uses, records: createMemoryEvidence(), digests: [fixed.digest], acceptsChange: false };
    const stage = createRecordingContext("stage");
    const { fingerprint, abilities } = await createEndpointGate(parts).enter(fixed, stage);
    assert.ok(fingerprint.kind === "canaries" && fingerprint.canaries.length === 1);
    assert.notEqual(fingerprint.canaries[0]?.terms ?? null, null);
    assert.deepEqual([abilities.n, abilities.several], [true, { asked: 4, came: 4 }]);
    const { calls } = computeProofCost(reached.settings, uses);
    const sent = stage.intents.filter(({ isOutside }) => isOutside).length;
    assert.ok(sent <= calls, `${sent} of ${calls}`);
    // Another process writes it again, and finds the same.
    await createEndpointGate(parts).enter(fixed, createRecordingContext("stage"));
  }
});

test("another lineage, and another digest of the same, are refused before anything is asked of them", async (context) => {
  const reached = reachEndpoint(context, server.url, { name: "own", model: null });
  const gate = createEndpointGate({ ...reached, records: createMemoryEvidence(), digests: null, acceptsChange: false });
  const fifth = { ...runtime.base, lineage: "5".repeat(64) };
  const stage = createRecordingContext("stage");
  await assert.rejects(gate.enter(fifth, stage), (error: ProviderError) => {
    assert.ok(error instanceof ProviderError);
    return /does not serve the model of lineage 555555555555; it serves base$/.test(error.what);
  });
  await assert.rejects(gate.enter({ ...runtime.base, digest: "5".repeat(64) }, stage), /serves other parameters/);
  assert.deepEqual(new Set(stage.intents.map(({ key }) => key)), new Set(["probe/own/models"]));
});

test("what proving takes is known beforehand, request by request", async (context) => {
  const reached = reachEndpoint(context, server.url, { name: "own", model: null });
  for (const isScored of [true, false]) {
    for (const isSampled of [true, false]) {
      const uses = { isSampled, isScored, isJudge: false, ...(isScored && { draws: 8 }) };
      const records = createMemoryEvidence();
      const gate = createEndpointGate({ ...reached, records, uses, digests: null, acceptsChange: false });
      const [first, second] = [createRecordingContext("stage"), createRecordingContext("stage")];
      const { given } = await gate.enter(runtime.base, first);
      assert.equal(given.kind, isScored ? "proved" : "unasked");
      const proof = computeProofCost(reached.settings, uses);
      const asked = first.intents.filter(({ isOutside }) => isOutside);
      assert.equal(asked.length, proof.calls, first.intents.map(({ key }) => key).join(" "));
      // Its list of models is looked at in every stage, and is no request of a budget.
      await gate.enter(runtime.base, second);
      assert.deepEqual(
        second.intents.map(({ isOutside }) => isOutside),
        [false],
      );
      const most = proof.promptTokens + proof.completionTokens;
      const held = first.intents.reduce((sum, { tokenCount = 0 }) => sum + tokenCount, 0);
      assert.ok(held <= most, `${held} tokens held for probes that were to take ${most} at most`);
    }
  }
});

const fixed = { lineage: "endpoint:base", file: "", digest: "d".repeat(64) };
const judge = {
  ...createTrialQuestion({ criteria: {}, scale: { low: 1, high: 10 }, maxTokens: 400 }),
  field: "maxTokens",
};

test("what a judge asks is tried in its own form, and what stands in its way is told by the field that mends it", async (context) => {
  const uses = { isSampled: false, isScored: false, isJudge: true };
  const meet = async (params: Readonly<Record<string, null>>, maxTokens: number) => {
    const reached = reachEndpoint(context, server.url, { name: "judge", model: "base", ask: "chat", params });
    const asked = { ...uses, question: { ...judge, maxTokens } };
    const parts = { ...reached, records: createMemoryEvidence(), digests: [fixed.digest], acceptsChange: false };
    const stage = createRecordingContext("stage");
    const { calls, promptTokens, completionTokens } = computeProofCost(reached.settings, asked);
    await createEndpointGate({ ...parts, uses: asked }).meet(fixed, stage);
    const held = stage.intents.reduce((sum, { tokenCount = 0 }) => sum + tokenCount, 0);
    const sent = stage.intents.filter(({ isOutside }) => isOutside);
    assert.ok(
      held <= promptTokens + completionTokens && sent.length <= calls,
      `${held} tokens, ${sent.length} requests`,
    );
  };
  const isRefusal = (what: RegExp, next: RegExp) => (error: ProviderError) =>
    error instanceof ProviderError && what.test(error.message) && next.test(error.next ?? "");
  const schema = /^endpoint judge: it does not take what a judge asks it: 400 .*response_format is an object/;
  await assert.rejects(meet({}, 400), isRefusal(schema, /^set endpoints\.judge\.params: \{response_format: null\}/));
  const plain = { response_format: null };
  await assert.rejects(meet(plain, 400), isRefusal(/max_tokens is 400; it must be/, /^lower maxTokens to what/));
  await meet(plain, 16);
});

test("a name that it does not serve is told as the model's, not as that of nobody's", async (context) => {
  const reached = reachEndpoint(context, server.url, { name: "judge", model: "nope", ask: "chat" });
  const parts = { ...reached, records: createMemoryEvidence(), digests: [fixed.digest], acceptsChange: false };
  await assert.rejects(
    createEndpointGate(parts).enter(fixed, createRecordingContext("stage")),
    /endpoint judge: it does not answer as nope: 404 model_not_found: the model "nope" is not served; .*; it serves base/,
  );
});
