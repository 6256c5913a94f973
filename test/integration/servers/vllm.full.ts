// vLLM on the processor with the tiny model, and `transformers serve` from the same environment. Both take 2.7 GB and vLLM a
// minute or two to start, so .ci/full runs them, and .ci/run does not.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { askRaw, computeWorst } from "./raw.ts";
import { runSamplingCases } from "./sampling-cases.ts";
import { enter, reachServer, runScoringCases } from "./scoring-cases.ts";
import type { RunningServer } from "./server.ts";
import { servedName, startVllm } from "./servers.ts";
import { givenTexts } from "./texts.ts";
import { prepareTinyModel, type TinyModel } from "./tiny-model.ts";

let model: TinyModel;
let server: RunningServer;

before(async () => {
  model = await prepareTinyModel("plain", console.log);
  server = await startVllm(model, console.log);
});

after(() => server?.stop());

test("a given text has the log-probabilities of a direct forward pass", async (context) => {
  const truths = model.compute(givenTexts);
  for (const [index, prompt] of givenTexts.entries()) {
    const body = { model: servedName, prompt, echo: true, logprobs: 0, max_tokens: 0 };
    const { value } = await askRaw(server.origin, "/completions", body);
    // The token that begins the text is listed here, as null.
    const worst = computeWorst(value.choices[0].logprobs.token_logprobs, truths[index]!.logProbabilities);
    context.diagnostic(`${truths[index]!.tokens.length} tokens, at most ${worst.toExponential(1)} nats apart`);
    assert.ok(worst <= 1e-3);
  }
});

for (const draws of ["n", "single"] as const) {
  test(`candidates hold the contract and are the model's own, draws: ${draws}`, async (context) => {
    const names = await runSamplingCases({
      model,
      traits: { isSeeded: true, hasTerms: true, losesSpace: false },
      settings: { urls: [`${server.origin}/v1`], model: servedName, draws },
    });
    context.diagnostic(`${names.length} cases`);
  });
}

test("it is proved in ten requests, and its perplexities are those of the forward pass", async (context) => {
  const scored = await reachServer(context, server.origin, { model: servedName });
  const { given, abilities, requestCount } = await enter(scored);
  context.diagnostic(`${requestCount} requests: ${JSON.stringify({ given, abilities })}`);
  assert.ok(given.kind === "proved" && given.way === "vllm", JSON.stringify(given));
  assert.deepEqual([abilities.n, abilities.seed, abilities.stop, abilities.logProbabilities], [true, true, true, true]);
  const worst = await runScoringCases(model, scored);
  context.diagnostic(`at most ${worst.toExponential(1)} nats a token apart`);
});
