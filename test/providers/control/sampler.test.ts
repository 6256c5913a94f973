// The hosted sampler keeps the contract of a sampler, with one request for all draws and with one for each.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { createRecordingContext, createStream, readAll } from "../../../src/contracts/case.ts";
import { createSamplerSuite } from "../../../src/contracts/suites.ts";
import type { Candidate } from "../../../src/domain/rows.ts";
import { computeDigest } from "../../../src/keys/digest.ts";
import { createRandom } from "../../../src/math/random.ts";
import { createController } from "../../../src/providers/control/controller.ts";
import { createAsks, createHostedSampler } from "../../../src/providers/control/sampler.ts";
import { createTime } from "../../../src/providers/control/time.ts";
import type { CreateSampleRequest, Outcome } from "../../../src/providers/exchange.ts";

const model = { lineage: "hosted", file: "nowhere", digest: computeDigest("hosted") };
const prompts = Array.from({ length: 12 }, (_, index) => ({ id: `p${index}`, text: `the ${index} quick brown fox` }));
const limits = { concurrency: 8, requests: null, tokens: null, waitMs: 60_000, tries: 4 };

const createRequest: CreateSampleRequest = ({ prompt, draws, seeds, attempt, request }) => ({
  key: attempt,
  rowCount: draws.length,
  mostUsd: 0,
  mostTokens: 10,
  async send(target): Promise<Outcome<readonly Candidate[]>> {
    await setTimeout(1);
    const usage = { url: target.url, promptTokens: 4, completionTokens: draws.length, usd: 0 };
    if (prompt.text === "refuse") return { kind: "refused", reason: "filtered", usage };
    const answer = draws.map((draw, index) => ({
      ...{ promptId: prompt.id, draw, attempt, finish: "stop" as const, reason: null },
      completion: `${prompt.text} ${request.temperature === 0 ? "greedy" : seeds[index]}`,
      ...{ logProbability: -1, tokenCount: 1, tokenLogProbabilities: Float64Array.of(-1) },
    }));
    return { kind: "answered", answer, usage };
  },
});

const createSampler = (draws: "n" | "single") => {
  const controller = createController({
    name: "teacher",
    targets: [{ url: "http://one/v1" }, { url: "http://two/v1" }],
    limits,
    time: createTime({ monotonic: () => performance.now() }),
    random: createRandom(Uint32Array.of(1, 2, 3, 4)),
  });
  return createHostedSampler({ version: 1, controller, createRequest, draws });
};

for (const draws of ["n", "single"] as const) {
  test(`the hosted sampler keeps its contract, draws: ${draws}`, async (context) => {
    const sampler = createSampler(draws);
    const cases = createSamplerSuite({ sampler, model, prompts, maxTokens: 8, isSeeded: true });
    for (const { name, run } of cases) await context.test(name, run);
  });

  test(`only missing draws are asked for, and a refusal is a row for each, draws: ${draws}`, async () => {
    const sampler = createSampler(draws);
    const request = {
      model,
      draws: 4,
      temperature: 1,
      topP: null,
      topK: null,
      maxTokens: 8,
      seed: "s",
      promptCount: 2,
    };
    const context = createRecordingContext("stage");
    const asked = [
      { id: "a", text: "refuse" },
      { id: "b", text: "b", draws: [1, 3] },
    ];
    const rows = await readAll(sampler.sample(createStream(asked), request, context));
    const shown = rows.map(({ promptId, draw, finish, reason }) => `${promptId}${draw} ${finish} ${reason}`).sort();
    const refused = [0, 1, 2, 3].map((draw) => `a${draw} refused refused`);
    assert.deepEqual(shown, [...refused, "b1 stop null", "b3 stop null"]);
    assert.equal(context.intents.length, draws === "n" ? 2 : 6);
    // What is asked for again has the seeds it had the first time.
    const whole = await readAll(
      sampler.sample(createStream([{ id: "b", text: "b" }]), request, createRecordingContext("stage")),
    );
    for (const { draw, completion } of rows.filter(({ promptId }) => promptId === "b")) {
      assert.equal(completion, whole.find((row) => row.draw === draw)?.completion);
    }
  });
}

test("a row that is called like what the ledger calls its own is asked for by another name, unless it was before", async () => {
  const ids = ["probe/teacher/models", "batch 0", "probes", "a"];
  const request = { model, draws: 2, temperature: 1, topP: null, topK: null, maxTokens: 8, seed: "s", promptCount: 4 };
  const read = async (isKnown?: (attempt: string) => boolean): Promise<string[]> => {
    const asked = createStream(ids.map((id) => ({ id, text: id })));
    const asks = await readAll(createAsks(asked, request, { draws: "n", ...(isKnown && { isKnown }) }));
    return asks.map(({ attempt }) => attempt);
  };
  assert.deepEqual(await read(), ["0,1/probe/teacher/models", "0,1/batch 0", "probes", "a"]);
  const old = new Set(["probe/teacher/models", "a"]);
  assert.deepEqual(await read((attempt) => old.has(attempt)), ["probe/teacher/models", "0,1/batch 0", "probes", "a"]);
});
