// What scoring given texts by a real server has to hold: it is proved within ten requests, and then tells perplexities equal
// to those of the direct forward pass; where it cannot, it is refused before anything is scored.

import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { createRecordingContext, createStream, readAll } from "../../../src/contracts/case.ts";
import { createScorerSuite } from "../../../src/contracts/scorer-suite.ts";
import type { EndpointRecords } from "../../../src/domain/records.ts";
import type { EndpointSettings } from "../../../src/providers/endpoint.ts";
import { createHostedScorer } from "../../../src/providers/given/scorer.ts";
import type { Evidence } from "../../../src/providers/proving/evidence.ts";
import { createEndpointGate, type EndpointGate } from "../../../src/providers/proving/gate.ts";
import { createMemoryEvidence, type Reached, reachEndpoint } from "../../helpers/given-endpoint.ts";
import { computeWorst } from "./raw.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { hostedModel, serverLimits } from "./sampling-cases.ts";
import { pairs } from "./texts.ts";
import type { TinyModel } from "./tiny-model.ts";

export interface Scored {
  readonly recorder: Recorder;
  readonly gate: EndpointGate;
  readonly reached: Reached;
}

/** An endpoint of a server, with everything it is asked on record. */
export async function reachServer(
  context: Pick<TestContext, "after">,
  origin: string,
  settings: Partial<EndpointSettings>,
  records: EndpointRecords = createMemoryEvidence(),
): Promise<Scored> {
  const recorder = await createRecorder(origin, context);
  const reached = reachEndpoint(context, `${recorder.origin}/v1`, { limits: serverLimits, ...settings });
  const gate = createEndpointGate({ ...reached, records, digests: [hostedModel.digest], acceptsChange: false });
  return { recorder, gate, reached };
}

/** Probes, proves and fingerprints. */
export async function enter({ gate, recorder }: Scored): Promise<Evidence> {
  const evidence = await gate.enter(hostedModel, createRecordingContext("stage"));
  assert.ok(recorder.requests.length <= 10, `${recorder.requests.length} requests`);
  return evidence;
}

/** Resolves with the worst difference of a token, nats. */
export async function runScoringCases(model: TinyModel, scored: Scored): Promise<number> {
  const scorer = createHostedScorer({ version: 1, ...scored.reached, gate: scored.gate });
  const request = { model: hostedModel, exampleCount: pairs.length };
  const scores = await readAll(scorer.score(createStream(pairs), request, createRecordingContext("stage")));
  const truths = model.compute(pairs.map(({ prompt, completion }) => prompt + completion));
  const prompts = model.compute(pairs.map(({ prompt }) => prompt));
  let worst = 0;
  for (const [index, { id }] of pairs.entries()) {
    const { sum, tokens, tokenCount, reason } = scores[index]!;
    const expected = truths[index]!.logProbabilities.slice(prompts[index]!.tokens.length) as number[];
    assert.deepEqual([reason, tokenCount], [null, expected.length], id);
    worst = Math.max(worst, computeWorst([...tokens!], expected));
    const perplexity = Math.exp(-sum! / tokenCount);
    const exact = Math.exp(-expected.reduce((total, term) => total + term, 0) / expected.length);
    assert.ok(Math.abs(perplexity / exact - 1) <= 1e-3, `${id}: ${perplexity} is ${exact}`);
  }
  assert.ok(worst <= 1e-3, `${worst} nats`);
  for (const { name, run } of createScorerSuite({ scorer, model: hostedModel, examples: pairs })) {
    await run().catch((error) => {
      throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
    });
  }
  return worst;
}
