import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createRecordingContext, createStream, readAll } from "../../../src/contracts/case.ts";
import { createSamplerSuite } from "../../../src/contracts/sampler-suite.ts";
import type { EndpointSettings } from "../../../src/providers/endpoint.ts";
import { createRoutedWire } from "../../../src/providers/huggingface/routed.ts";
import { createProvider } from "../../../src/providers/provider.ts";
import type { Call, Wire } from "../../../src/providers/wire/wire.ts";
import { createEndpoint } from "../../helpers/endpoint.ts";
import { sendJson } from "../../helpers/loopback.ts";
import { startOpenaiServer } from "../../helpers/openai-server.ts";

const key = "hf_canary0123456789abcdef";
const model = { lineage: "f".repeat(64), file: "", digest: "" };
const prompts = [0, 1, 2, 3].map((at) => ({ id: `p${at}`, text: `a b c d e f number ${at} of them` }));

/** The hub's catalogue, the router and an endpoint of one's own, as their published pages have them. */
function startHub(context: TestContext) {
  return startOpenaiServer(context, {
    intercept({ path }, response) {
      if (!path.startsWith("/api/models/")) return false;
      sendJson(response, {
        _id: "1",
        id: "org/tiny",
        inferenceProviderMapping: {
          together: { status: "live", providerId: "together-org/Tiny", task: "conversational" },
          novita: { status: "live", providerId: "novita/tiny", task: "text-generation" },
        },
      });
      return true;
    },
  });
}

function open(context: TestContext, change: Partial<EndpointSettings>, hubUrl: string) {
  const endpoint = createEndpoint({ provider: "huggingface", model: "org/tiny", ...change });
  const provider = createProvider(endpoint, {
    secret: key,
    clock: { now: () => 0, monotonic: () => performance.now() },
    hubUrl,
    backoffMs: 1,
  });
  context.after(() => provider.close());
  return provider;
}

for (const route of ["together", null]) {
  for (const isStreamed of [false, true]) {
    const name = route === null ? "an endpoint of one's own" : `routed to ${route}`;
    test(`the contract holds: ${name}${isStreamed ? ", streamed" : ""}`, async (context) => {
      const server = await startHub(context);
      const { sampler } = open(context, { urls: [`${server.url}/v1`], route, isStreamed }, server.url);
      for (const { name, run } of createSamplerSuite({ sampler, model, prompts, maxTokens: 50, isSeeded: true })) {
        await context.test(name, run);
      }
      const posted = server.received.filter(({ method }) => method === "POST");
      assert.ok(posted.length > 10);
      for (const { path, body, headers } of posted) {
        assert.equal(path, route === null ? "/v1/chat/completions" : "/together/v1/chat/completions");
        assert.equal(body.model, route === null ? "org/tiny" : "together-org/Tiny");
        assert.equal(headers.authorization, `Bearer ${key}`);
        assert.ok(!JSON.stringify(body).includes("stand-in"));
      }
    });
  }
}

test("a route that does not have the model is denied before anything is asked", async (context) => {
  const server = await startHub(context);
  for (const [route, words] of [
    ["groq", /provider information|No Inference Provider/i],
    ["novita", /not supported for task/],
    ["nowhere", /nowhere/],
  ] as const) {
    const { sampler } = open(context, { urls: [server.url], route }, server.url);
    const request = {
      model,
      draws: 1,
      temperature: 1,
      topP: null,
      topK: null,
      maxTokens: 5,
      seed: "s",
      promptCount: 1,
    };
    await assert.rejects(
      readAll(sampler.sample(createStream(prompts.slice(0, 1)), request, createRecordingContext("stage"))),
      words,
      route,
    );
  }
  assert.ok(server.received.every(({ method }) => method === "GET"));
});

test("the outcome is the wire's, the package repeats nothing, and a provider's key is not shown to the hub", async () => {
  const calls: Call[] = [];
  const wire: Wire = {
    async send(call) {
      calls.push(call);
      if (call.method === "GET") {
        return {
          kind: "json",
          value: {
            inferenceProviderMapping: { together: { status: "live", providerId: "t/T", task: "conversational" } },
          },
        };
      }
      return { kind: "busy", reason: "503", retryAfterMs: 9 };
    },
    fetchRaw: () => Promise.reject(new Error("not asked for")),
    classify: () => ({ kind: "lost", reason: "not asked for" }),
    show: (text) => text,
    close: async () => undefined,
  };
  const routed = createRoutedWire({ wire, route: "together", isHubKey: false });
  const body = JSON.stringify({ model: "org/other", messages: [{ role: "user", content: "x" }] });
  const call = {
    target: { url: "https://router.huggingface.co/v1" },
    path: "/chat/completions",
    body,
    signal: new AbortController().signal,
  };
  assert.deepEqual(await routed.send(call), { kind: "busy", reason: "503", retryAfterMs: 9 });
  assert.deepEqual(
    calls.map(({ target, path, isAnonymous }) => [target.url, path.split("?")[0], isAnonymous ?? false]),
    [
      ["https://huggingface.co", "/api/models/org/other", true],
      ["https://api.together.xyz", "/v1/chat/completions", false],
    ],
  );
});
