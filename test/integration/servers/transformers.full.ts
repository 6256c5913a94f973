// `transformers serve` with the tiny model, from vLLM's environment: it takes what it does not know for a mistake, and what it
// knows and does not do it leaves out without a word.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createRecordingContext } from "../../../src/contracts/case.ts";
import { ProviderError } from "../../../src/errors.ts";
import { askRaw } from "./raw.ts";
import { hostedModel, runSamplingCases } from "./sampling-cases.ts";
import { enter, reachServer } from "./scoring-cases.ts";
import type { RunningServer } from "./server.ts";
import { startTransformers } from "./servers.ts";
import { prepareTinyModel, type TinyModel } from "./tiny-model.ts";

let model: TinyModel;
let server: RunningServer;

before(async () => {
  model = await prepareTinyModel("plain", console.log);
  server = await startTransformers(model, console.log);
});

after(() => server?.stop());

test("n, logprobs and echo are dropped with 200", async (context) => {
  const body = { model: model.folder, prompt: "What of the river", max_tokens: 4 };
  const plain = await askRaw(server.origin, "/completions", body);
  const { status, value } = await askRaw(server.origin, "/completions", { ...body, n: 3, logprobs: 1, echo: true });
  context.diagnostic(JSON.stringify({ plain: plain.status, status, value }).slice(0, 400));
  assert.deepEqual([plain.status, status, value.choices.length], [200, 200, 1]);
  assert.ok(!value.choices[0].text.includes("What of") && !value.choices[0].logprobs);
});

test("candidates hold the contract and are the model's own", async (context) => {
  const names = await runSamplingCases({
    model,
    traits: { isSeeded: false, hasTerms: false, losesSpace: false },
    settings: { urls: [`${server.origin}/v1`], model: model.folder },
    enter: async () => ({ mostDraws: 1, dialect: { logProbabilities: "none", ignoresStop: true } }),
  });
  context.diagnostic(`${names.length} cases`);
});

test("it is found out in ten requests, and refused as a scorer of given texts", async (context) => {
  const scored = await reachServer(context, server.origin, { model: model.folder });
  const { given, abilities, requestCount } = await enter(scored);
  context.diagnostic(`${requestCount} requests: ${JSON.stringify({ given, abilities })}`);
  assert.deepEqual([given.kind, abilities.n, abilities.logProbabilities], ["refused", false, false]);
  await assert.rejects(
    scored.gate.enterGiven(hostedModel, createRecordingContext("stage")),
    (error) => error instanceof ProviderError && /vLLM, SGLang, TGI/.test(error.next ?? ""),
  );
});
