// llama-cpp-python's server with the tiny model, with and without a token that begins every text.
// Its numbers are held against a direct forward pass; without that token they are another position's, and are refused.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createRecordingContext } from "../../../src/contracts/case.ts";
import { ProviderError } from "../../../src/errors.ts";
import { createMemoryEvidence } from "../../helpers/given-endpoint.ts";
import { askRaw, computeWorst } from "./raw.ts";
import { hostedModel, runSamplingCases } from "./sampling-cases.ts";
import { enter, reachServer, runScoringCases } from "./scoring-cases.ts";
import type { RunningServer } from "./server.ts";
import { faithfulParams, servedName, startLlamaCpp } from "./servers.ts";
import { givenTexts } from "./texts.ts";
import { prepareTinyModel, type TinyModel } from "./tiny-model.ts";

let [model, bare] = [] as unknown as [TinyModel, TinyModel];
let [server, displaced] = [] as unknown as [RunningServer, RunningServer];

before(async () => {
  [model, bare] = [await prepareTinyModel("plain", console.log), await prepareTinyModel("bare", console.log)];
  server = await startLlamaCpp(model, "llama-cpp", console.log);
  displaced = await startLlamaCpp(bare, "llama-cpp-bare", console.log);
});

after(async () => {
  await server?.stop();
  await displaced?.stop();
});

const echo = { max_tokens: 1, echo: true, logprobs: 1, temperature: 0 };

test("a given text has the log-probabilities of a direct forward pass", async (context) => {
  const truths = model.compute(givenTexts);
  for (const [index, text] of givenTexts.entries()) {
    const { value } = await askRaw(server.origin, "/completions", { model: servedName, prompt: text, ...echo });
    const terms = value.choices[0].logprobs.token_logprobs as (number | null)[];
    // The token that begins the text is not listed, the one it goes on with is.
    const expected = truths[index]!.logProbabilities.slice(1);
    const worst = computeWorst(terms.slice(1, expected.length), expected.slice(1));
    context.diagnostic(`${expected.length} tokens, at most ${worst.toExponential(1)} nats apart`);
    assert.ok(terms.length - expected.length <= 1 && worst <= 1e-3);
  }
});

test("it penalises repeats unless told otherwise; told so, it writes what the forward pass writes", async () => {
  const asked = { text: "What of the river on day one?", maxTokens: 40 };
  const { continued, continuationText } = model.compute([asked])[0]!;
  const body = { model: servedName, prompt: asked.text, max_tokens: 40, temperature: 0, logprobs: 1 };
  const byDefault = await askRaw(server.origin, "/completions", body);
  assert.notEqual(byDefault.value.choices[0].text, continuationText);
  const { value } = await askRaw(server.origin, "/completions", { ...body, ...faithfulParams });
  const { text, logprobs } = value.choices[0];
  assert.equal(text, continuationText);
  assert.ok(computeWorst(logprobs.token_logprobs, continued!.slice(0, logprobs.token_logprobs.length)) <= 1e-3);
});

test("without a token that begins every text, it tells each token's log-probability one place too late", async () => {
  const text = givenTexts[1]!;
  const { value } = await askRaw(displaced.origin, "/completions", { model: servedName, prompt: text, ...echo });
  const { tokens, token_logprobs: terms } = value.choices[0].logprobs;
  const { logProbabilities } = bare.compute([text])[0]!;
  const count = Math.min(tokens.length, logProbabilities.length);
  assert.ok(computeWorst(terms.slice(1, count), logProbabilities.slice(1, count)) > 1);
});

test("n is ignored, and any name of a model is answered", async () => {
  const body = { model: "nobody", prompt: "What of", n: 3, max_tokens: 4, temperature: 1 };
  const { status, value } = await askRaw(server.origin, "/completions", body);
  assert.deepEqual([status, value.choices.length], [200, 1]);
});

test("candidates hold the contract and are the model's own", async (context) => {
  const names = await runSamplingCases({
    model,
    traits: { isSeeded: true, hasTerms: true, losesSpace: false },
    settings: { urls: [`${server.origin}/v1`], model: servedName, params: faithfulParams },
  });
  context.diagnostic(`${names.length} cases`);
});

test("it is proved in ten requests, and its perplexities are those of the forward pass", async (context) => {
  const scored = await reachServer(context, server.origin, { model: servedName, params: faithfulParams });
  const { given, abilities, requestCount } = await enter(scored);
  context.diagnostic(`${requestCount} requests: ${JSON.stringify({ given, abilities })}`);
  assert.ok(given.kind === "proved" && given.way === "llama-cpp", JSON.stringify(given));
  assert.deepEqual(
    [abilities.n, abilities.seed, abilities.stop, abilities.logProbabilities],
    [false, true, true, true],
  );
  const worst = await runScoringCases(model, scored);
  context.diagnostic(`at most ${worst.toExponential(1)} nats a token apart`);
});

test("without a token that begins every text it is refused, off by one position", async (context) => {
  const scored = await reachServer(context, displaced.origin, { model: servedName, params: faithfulParams });
  await enter(scored);
  await assert.rejects(scored.gate.enterGiven(hostedModel, createRecordingContext("stage")), (error) => {
    assert.ok(error instanceof ProviderError);
    context.diagnostic(error.message);
    assert.match(error.message, /off by one position.*no BOS token/);
    assert.match(error.next ?? "", /vLLM, SGLang, TGI/);
    return true;
  });
});

test("another model behind the same name stops whoever goes on", async (context) => {
  const records = createMemoryEvidence();
  const settings = { model: servedName, params: faithfulParams };
  await enter(await reachServer(context, server.origin, settings, records));
  await enter(await reachServer(context, server.origin, settings, records));
  const other = await startLlamaCpp(await prepareTinyModel("other", console.log), "llama-cpp-other", console.log);
  context.after(() => other.stop());
  const changed = await reachServer(context, other.origin, settings, records);
  await assert.rejects(enter(changed), (error) => {
    context.diagnostic((error as Error).message);
    return error instanceof ProviderError && /no longer the model/.test(error.message);
  });
});
