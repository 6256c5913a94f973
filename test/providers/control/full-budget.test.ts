// Requests that are intended in one transaction of a real ledger, and a budget that does not hold all of them at once.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { createRecordingContext, createStream, readAll } from "../../../src/contracts/case.ts";
import { createRandom } from "../../../src/math/random.ts";
import { askRecorded } from "../../../src/providers/control/ask-all.ts";
import { createController } from "../../../src/providers/control/controller.ts";
import { createTime } from "../../../src/providers/control/time.ts";
import { openRunFolder } from "../../../src/store/run-folder.ts";
import { quickLimits } from "../../helpers/endpoint.ts";
import { createTemporaryFolder, systemClock } from "../../helpers/temporary-folder.ts";

const stage = {
  key: "a".repeat(64),
  description: {
    kind: "verify",
    version: 1,
    parameters: null,
    inputs: [],
    turn: { arm: { id: "arm", generations: 1, settings: null }, seed: 0, generation: 0 },
  },
  inputs: [],
} as const;

test("the first requests may reserve more than the budget holds: they go in turns", async (context) => {
  // Each may cost 10 cents and costs 4.
  const options = { clock: systemClock, holder: { pid: process.pid }, budget: { usd: 0.35 } };
  const run = await openRunFolder(join(createTemporaryFolder(context), "run"), options);
  context.after(() => run.close());
  await run.records.begin(stage);
  const controller = createController({
    ...{ name: "teacher", targets: [{ url: "here" }], time: createTime(systemClock) },
    ...{ limits: { ...quickLimits, concurrency: 8 }, random: createRandom(Uint32Array.of(1, 2, 3, 4)) },
  });
  context.after(() => controller.close());
  const asking = {
    controller,
    context: { ...createRecordingContext(stage.key), ledger: run.createLedger(stage.key) },
    createRequest: (key: string) => ({
      ...{ key, rowCount: 0, mostUsd: 0.1, mostTokens: 10 },
      async send() {
        await setTimeout(5);
        const usage = { url: "here", promptTokens: 1, completionTokens: 1, usd: 0.04 };
        return { kind: "answered" as const, answer: key, usage };
      },
    }),
  };
  const asked = await readAll(askRecorded(createStream(["0", "1", "2", "3", "4", "5", "6"]), asking));
  assert.equal(asked.length, 7);
  const { spent, reserved } = run.readSpending();
  assert.deepEqual([spent.usd, reserved.usd], [0.28, 0]);
});
