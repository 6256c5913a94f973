// The whole way to a server that fails as servers do, byte for byte: every row once and true, and both books agree.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createRecordingContext, createStream, readAll } from "../../../src/contracts/case.ts";
import type { AttemptEnd } from "../../../src/domain/context.ts";
import { computeDigest } from "../../../src/keys/digest.ts";
import { openConnection } from "../../../src/providers/connection.ts";
import { createHostedSampler } from "../../../src/providers/control/sampler.ts";
import type { EndpointSettings } from "../../../src/providers/endpoint.ts";
import { createSampleRequests } from "../../../src/providers/openai/sample.ts";
import { faults, isLost, renderAnswer, startFaultyServer } from "../../helpers/faulty-server.ts";
import { systemClock } from "../../helpers/temporary-folder.ts";

const promptCount = 40;
const model = { lineage: "hosted", file: "nowhere", digest: computeDigest("hosted") };

const createEndpoint = (urls: readonly string[], change: Partial<EndpointSettings> = {}): EndpointSettings => ({
  ...{ name: "faulty", provider: "openai", urls, model: "faulty", revision: null, route: null, key: null },
  ...{ ask: "chat", system: null, params: {}, given: "none", join: "", draws: "single", isStreamed: false },
  ...{ hasFinish: true, mode: "live", price: { input: 0, output: 0, request: 0 } },
  limits: {
    ...{ concurrency: 64, requests: null, tokens: null, firstByteMs: 200, idleMs: 200, totalMs: 2000 },
    ...{ waitMs: 60_000, tries: 40, answerBytes: 200_000 },
  },
  ...change,
});

for (const isStreamed of [false, true]) {
  test(`R7 over the wire, ${isStreamed ? "streams" : "whole answers"}`, async (context) => {
    // What belongs to streams alone, or to whole answers alone, is left out of the other; silence takes its time, and another's answer is rarer than these are many.
    const { repeated, length, foreign: _, ...rest } = faults;
    const both = { ...rest, hangBefore: 0.01, hangWithin: 0.01 };
    const server = await startFaultyServer({
      seed: 7,
      shares: isStreamed ? { ...both, repeated } : { ...both, length, foreign: 0.1 },
    });
    context.after(() => server.close());
    const { controller, talk, close } = openConnection(createEndpoint(server.urls, { isStreamed }), {
      secret: null,
      clock: systemClock,
      backoffMs: 10,
    });
    const sampler = createHostedSampler({
      version: 1,
      controller,
      createRequest: createSampleRequests(talk),
      draws: "single",
    });
    const ends: AttemptEnd["state"][] = [];
    const base = createRecordingContext("stage");
    const telling = {
      ...base,
      clock: systemClock,
      ledger: { ...base.ledger, settle: async (_: string, end: AttemptEnd) => void ends.push(end.state) },
    };
    const prompts = Array.from({ length: promptCount }, (_, index) => ({
      id: `p${index}`,
      text: `#p${index}# what is it`,
    }));
    const request = {
      model,
      draws: 1,
      temperature: 1,
      topP: null,
      topK: null,
      maxTokens: 64,
      seed: "s",
      promptCount,
    };
    const rows = await readAll(sampler.sample(createStream(prompts), request, telling));
    await close();
    assert.deepEqual(
      rows.map(({ promptId, completion }) => [promptId, completion]).sort(),
      prompts.map(({ id }) => [id, renderAnswer(id)]).sort(),
    );
    const faulted = server.entries.filter(({ fault }) => fault !== null && fault !== "slices");
    assert.equal(server.entries.length, promptCount + faulted.length);
    const lost = faulted.filter(isLost).length;
    const count = (state: string): number => ends.filter((each) => each === state).length;
    assert.deepEqual([count("unknown"), count("retryable"), count("failed")], [lost, faulted.length - lost, 0]);
    assert.ok(lost > 3 && faulted.length > 20, `${lost} of ${faulted.length}`);
  });
}
