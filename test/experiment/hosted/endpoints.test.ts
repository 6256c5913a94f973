// Endpoints proved before any stage begins: together, each in the name of its stage, told while it lasts, and one failure
// stops them all.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createRecordingContext } from "../../../src/contracts/case.ts";
import { CancelledError, ProviderError, VerifierError } from "../../../src/errors.ts";
import { createEndpoints } from "../../../src/experiment/hosted/endpoints.ts";
import { computeUses } from "../../../src/experiment/hosted/uses.ts";
import { parseExperiment } from "../../../src/experiment/parse.ts";
import { createMemoryEvidence } from "../../helpers/given-endpoint.ts";
import { startGivenServer } from "../../helpers/given-server.ts";
import { sendJson, startLoopback } from "../../helpers/loopback.ts";
import { systemClock } from "../../helpers/temporary-folder.ts";

function open(context: TestContext, text: string) {
  const experiment = parseExperiment(`dataset: { name: newswire }
model: { trainer: scripted }
evaluate: { metrics: [rouge1] }
${text}`);
  assert.ok(experiment.system === "language");
  const endpoints = createEndpoints(experiment.language.endpoints, {
    ...{ clock: systemClock, acceptsChange: false, serveOwn: () => assert.fail("there are no models of the run") },
    records: createMemoryEvidence(),
    findUses: (name) => computeUses(name, experiment),
  });
  context.after(() => endpoints.close());
  return endpoints;
}

const judge = (base: string): string => `endpoints: { grader: { url: "${base}", model: teacher } }
verifiers: { judge: { kind: judge, endpoint: grader } }
arms: { verifier: judge, select.keep: 50% }`;

test("an endpoint is proved once, in the name of the stage that asks it, and what is not asked is not", async (context) => {
  const server = await startGivenServer(context, { kind: "vllm" });
  const endpoints = open(context, judge(server.base));
  await endpoints.prove([], () => assert.fail("no stage asks for anything"));
  assert.equal(server.received.length, 0);
  const names: string[] = [];
  const proving = endpoints.prove([{ endpoint: "grader", stage: "half" }], (stage) => {
    names.push(stage);
    return createRecordingContext(stage);
  });
  while (server.received.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(endpoints.readWaits(), ["proving grader"]);
  await proving;
  assert.deepEqual([names, endpoints.readWaits()], [["half"], []]);
  // Its list, its fingerprint, and a question as the judge asks it.
  assert.equal(server.received.length, 3);
  const question = server.received[2]?.body as { response_format?: { type: string }; max_tokens?: number };
  assert.deepEqual([question.response_format?.type, question.max_tokens], ["json_schema", 400]);
});

test("one that cannot do what it is for stops the proofs of the others, and is what is told", async (context) => {
  const rm = await startLoopback(context, (_, response) => sendJson(response, [{ label: "BAD", score: 1 }]));
  // It is asked for its list and answers when all else is over.
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const slow = await startLoopback(context, async (_, response) => {
    await held;
    sendJson(response, { object: "list", data: [] });
  });
  const endpoints = open(
    context,
    `endpoints: { grader: { url: "${slow.url}/v1", model: m }, rm: { url: "${rm.url}/predict", model: rm } }
verifiers: { judge: { kind: judge, endpoint: grader }, rm: { kind: reward, endpoint: rm, label: GOOD } }
arms: { verifier: [judge, rm], select.keep: 50% }`,
  );
  const asked = ["grader", "rm"].map((endpoint) => ({ endpoint, stage: endpoint }));
  const proving = endpoints.prove(asked, (stage) => createRecordingContext(stage));
  proving.catch(() => undefined);
  while (rm.received.length === 0 || slow.received.length === 0) await new Promise((resolve) => setImmediate(resolve));
  release();
  await assert.rejects(proving, (error: VerifierError) => {
    assert.ok(error instanceof VerifierError, String(error));
    assert.equal(error.exitCode, 3);
    assert.equal(error.message, 'endpoint rm: it gives no label "GOOD": it has "BAD"');
    return true;
  });
  assert.equal(rm.received.length, 1);
});

test("whoever is told to stop while it proves stops, and says so", async (context) => {
  const server = await startGivenServer(context, { kind: "vllm" });
  const endpoints = open(context, judge(server.base));
  const stage = createRecordingContext("stage");
  const proving = endpoints.prove([{ endpoint: "grader", stage: "stage" }], () => stage);
  stage.abort();
  await assert.rejects(proving, (error) => !(error instanceof ProviderError));
  assert.ok(server.received.length <= 1);
  assert.ok(stage.signal.reason instanceof CancelledError || stage.signal.reason instanceof Error);
});
