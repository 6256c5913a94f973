// mlx-lm's server with the tiny model: what it writes is right, and it answers 200 to what it cannot do.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createRecordingContext } from "../../../src/contracts/case.ts";
import { ProviderError } from "../../../src/errors.ts";
import { askRaw, computeWorst } from "./raw.ts";
import { hostedModel, runSamplingCases } from "./sampling-cases.ts";
import { enter, reachServer } from "./scoring-cases.ts";
import type { RunningServer } from "./server.ts";
import { startMlx } from "./servers.ts";
import { prepareTinyModel, type TinyModel } from "./tiny-model.ts";

let model: TinyModel;
let server: RunningServer;

before(async () => {
  model = await prepareTinyModel("plain", console.log);
  server = await startMlx(model, console.log);
});

after(() => server?.stop());

test("what it writes greedily is what the forward pass writes, with its log-probabilities", async () => {
  const asked = { text: "What of the river on day one?", maxTokens: 40 };
  const { continuation, continued, continuationText } = model.compute([asked])[0]!;
  const body = { model: model.folder, prompt: asked.text, max_tokens: 40, temperature: 0, logprobs: true };
  const { value } = await askRaw(server.origin, "/completions", body);
  const { text, logprobs } = value.choices[0];
  // It loses the space that a completion begins with.
  assert.equal(text, continuationText!.trimStart());
  assert.deepEqual(
    logprobs.content.map(({ id }: { id: number }) => id),
    continuation,
  );
  const terms = logprobs.content.map(({ logprob }: { logprob: number }) => logprob);
  assert.ok(computeWorst(terms, continued!) <= 1e-3);
});

test("echo and n are dropped with 200; a number for logprobs is refused", async () => {
  const plain = { model: model.folder, prompt: "What of the river", max_tokens: 4 };
  const { status, value } = await askRaw(server.origin, "/completions", { ...plain, echo: true, n: 3, logprobs: true });
  assert.deepEqual([status, value.choices.length], [200, 1]);
  assert.ok(!value.choices[0].text.includes("What of") && value.choices[0].logprobs.content.length <= 4);
  assert.equal((await askRaw(server.origin, "/completions", { ...plain, logprobs: 1 })).status, 400);
});

test("candidates hold the contract and are the model's own", async (context) => {
  const names = await runSamplingCases({
    model,
    traits: { isSeeded: true, hasTerms: true, losesSpace: true },
    settings: { urls: [`${server.origin}/v1`], model: model.folder },
    enter: async () => ({ mostDraws: 1, dialect: { logProbabilities: "boolean", ignoresStop: true } }),
  });
  context.diagnostic(`${names.length} cases`);
});

test("it is found out in ten requests, and refused as a scorer of given texts", async (context) => {
  const scored = await reachServer(context, server.origin, { model: model.folder });
  const { given, abilities, requestCount } = await enter(scored);
  context.diagnostic(`${requestCount} requests: ${JSON.stringify({ given, abilities })}`);
  const { n, seed, stop, dialect, logProbabilities } = abilities;
  assert.deepEqual(
    [given.kind, n, seed, stop, dialect, logProbabilities],
    ["refused", false, true, false, "boolean", true],
  );
  await assert.rejects(scored.gate.enterGiven(hostedModel, createRecordingContext("stage")), (error) => {
    assert.ok(error instanceof ProviderError);
    context.diagnostic(error.message);
    assert.match(error.next ?? "", /vLLM, SGLang, TGI/);
    return true;
  });
});
