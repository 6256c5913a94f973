// Requests that are intended in one transaction of a real ledger, and a budget that does not hold all of them at once.

import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { createRecordingContext, createStream, readAll } from "../../../src/contracts/case.ts";
import type { Ledger } from "../../../src/domain/context.ts";
import { BudgetError } from "../../../src/errors.ts";
import { createRandom } from "../../../src/math/random.ts";
import { askRecorded } from "../../../src/providers/control/ask-all.ts";
import { createController } from "../../../src/providers/control/controller.ts";
import { createTime } from "../../../src/providers/control/time.ts";
import { openRunFolder } from "../../../src/store/run-folder.ts";
import { quickLimits } from "../../helpers/endpoint.ts";
import { createStageRequest } from "../../helpers/stage-request.ts";
import { createTemporaryFolder, systemClock } from "../../helpers/temporary-folder.ts";

const stage = createStageRequest("verify");

/** Each request may cost 10 cents and costs 4. */
async function open(context: TestContext, usd: number) {
  const options = { clock: systemClock, holder: { pid: process.pid }, budget: { usd } };
  const run = await openRunFolder(join(createTemporaryFolder(context), "run"), options);
  context.after(() => run.close());
  await run.records.begin(stage);
  const ledger = run.createLedger(stage.key);
  const createAsk = (name: string, send: () => Promise<void>, own: Ledger = ledger) => {
    const controller = createController({
      ...{ name, targets: [{ url: "here" }], time: createTime(systemClock) },
      ...{ limits: { ...quickLimits, concurrency: 8 }, random: createRandom(Uint32Array.of(1, 2, 3, 4)) },
    });
    context.after(() => controller.close());
    const createRequest = (key: string) => ({
      ...{ key, rowCount: 0, mostUsd: 0.1, mostTokens: 10 },
      async send() {
        await send();
        const usage = { url: "here", promptTokens: 1, completionTokens: 1, usd: 0.04 };
        return { kind: "answered" as const, answer: key, usage };
      },
    });
    const asking = { controller, context: { ...createRecordingContext(stage.key), ledger: own }, createRequest };
    return (keys: readonly string[]) => readAll(askRecorded(createStream(keys), asking));
  };
  return { run, ledger, createAsk };
}

test("the first requests may reserve more than the budget holds: they go in turns", async (context) => {
  const { run, createAsk } = await open(context, 0.35);
  const asked = await createAsk("teacher", async () => void (await setTimeout(5)))(["0", "1", "2", "3", "4", "5", "6"]);
  assert.equal(asked.length, 7);
  const { spent, reserved } = run.readSpending();
  assert.deepEqual([spent.usd, reserved.usd], [0.28, 0]);
});

test("what one endpoint holds of the budget is waited for by another", async (context) => {
  const { ledger, createAsk } = await open(context, 0.15);
  const [held, refused] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const askTeacher = createAsk("teacher", () => {
    held.resolve();
    return refused.promise;
  });
  const askJudge = createAsk("judge", async () => undefined, {
    ...ledger,
    intend: (attempt) =>
      ledger.intend(attempt).catch((error: unknown) => {
        refused.resolve();
        throw error;
      }),
  });
  const teacher = askTeacher(["text"]);
  await held.promise;
  const [judged] = await askJudge(["verdict"]);
  assert.deepEqual(judged?.settled, { kind: "answered", answer: "verdict" });
  assert.equal((await teacher).length, 1);
});

test("what a batch or whatever else has under way is waited for, however long it takes to be committed", async (context) => {
  const { ledger, createAsk } = await open(context, 0.15);
  // Handed in with a file, hours ago: no controller knows of it.
  await ledger.intend({ key: "row", rowCount: 0, isOutside: true, costUsd: 0.1 });
  let refusals = 0;
  const judged = createAsk("judge", async () => undefined, {
    ...ledger,
    async intend(attempt) {
      try {
        await ledger.intend(attempt);
      } catch (error) {
        refusals += 1;
        // Longer than any wait for a commit: only what holds it can tell.
        if (refusals === 14) {
          ledger.account("row", { url: "here", promptTokens: 1, completionTokens: 1, usd: 0.01 });
          await ledger.record("row", null);
        }
        throw error;
      }
    },
  })(["verdict"]);
  assert.equal((await judged).length, 1);
  assert.ok(refusals >= 14);
  // Nobody holds anything any more: what does not fit now is refused at once.
  await assert.rejects(createAsk("judge", async () => undefined)(["another", "and another"]), BudgetError);
});
