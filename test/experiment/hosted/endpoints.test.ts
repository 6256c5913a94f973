// Which endpoints are proved before any stage begins: those that an unfinished stage of the plan asked, where a changed
// model is to be taken, and of which something is asked that rests on a proof.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createRecordingContext } from "../../../src/contracts/case.ts";
import { createEndpoints } from "../../../src/experiment/hosted/endpoints.ts";
import { parseExperiment } from "../../../src/experiment/parse.ts";
import { createMemoryEvidence } from "../../helpers/given-endpoint.ts";
import { startGivenServer } from "../../helpers/given-server.ts";
import { systemClock } from "../../helpers/temporary-folder.ts";

interface Asking {
  readonly acceptsChange: boolean;
  readonly isPlanned: boolean;
  readonly isJudge: boolean;
}

/** How many requests it takes to meet the changes of one endpoint, and in whose name they are sent. */
async function meet(context: TestContext, { acceptsChange, isPlanned, isJudge }: Asking) {
  const server = await startGivenServer(context, { kind: "vllm" });
  const experiment = parseExperiment(`dataset: { name: newswire }
endpoints: { grader: { url: "${server.base}", model: teacher } }
model: { trainer: scripted }
verifiers: { judge: { kind: judge, endpoint: grader } }
arms: { verifier: judge, select.keep: 50% }
evaluate: { metrics: [rouge1] }
`);
  assert.ok(experiment.system === "language");
  const endpoints = createEndpoints(experiment.language.endpoints, {
    ...{ clock: systemClock, acceptsChange, serveOwn: () => assert.fail("there are no models of the run") },
    records: { ...createMemoryEvidence(), listUnfinished: () => [{ key: "half", isPlanned, rowCount: 7 }] },
    findUses: () => ({ isSampled: false, isJudge, isScored: false }),
  });
  const names: string[] = [];
  await endpoints.meetChanges((stage) => {
    names.push(stage);
    return createRecordingContext(stage);
  });
  await endpoints.close();
  return { names, requestCount: server.received.length };
}

test("only what is asked, planned and to be taken is proved beforehand", async (context) => {
  const all = { acceptsChange: true, isPlanned: true, isJudge: true };
  assert.deepEqual(await meet(context, all), { names: ["half"], requestCount: 2 });
  const none = { names: [], requestCount: 0 };
  for (const change of [{ acceptsChange: false }, { isPlanned: false }, { isJudge: false }]) {
    assert.deepEqual(await meet(context, { ...all, ...change }), none, JSON.stringify(change));
  }
});
