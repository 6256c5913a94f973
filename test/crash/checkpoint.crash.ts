// A log as short as a few pages, so that the thread that copies it back is at work through the whole of a small run:
// R1, R2 and R3 again. REFEED_CHECKPOINT sets how many times as large the samples are.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";
import { runKills } from "./kills.ts";
import { describeResult, laboratorySeed, readCount } from "./laboratory.ts";
import { runPoints } from "./points.ts";
import { runPower } from "./power.ts";
import { assertStrace } from "./syscalls.ts";

/** Two pages: copied beside the writer from there on, and waited for at eight. */
const settings = { checkpointBytes: 2 * 8192 };
const times = readCount("REFEED_CHECKPOINT", 1) ?? 10;

for (const [name, run, count] of [
  ["R1", runPoints, 6],
  ["R2", runKills, 15],
  ["R3", runPower, 8],
] as const) {
  test(`${name} holds while the log is copied back beside the writer`, async (context) => {
    assertStrace();
    const folder = createTemporaryFolder(context);
    const result = await run({ folder, seed: laboratorySeed, count: count * times, start: { settings } });
    context.diagnostic(`${name}, log copied beside: ${describeResult(result)}`);
    assert.deepEqual(result.violations, []);
  });
}

test("R3, control: a log that is copied back without a sync takes what was said to be saved", async (context) => {
  assertStrace();
  const hook = new URL("./unsynced-hook.ts", import.meta.url).href;
  const start = { settings, nodeArguments: ["--import", hook] };
  const folder = createTemporaryFolder(context);
  const result = await runPower({ folder, seed: laboratorySeed, count: 12, start });
  const told = `${describeResult(result)}, ${result.lostCount} of them acknowledged work lost`;
  context.diagnostic(`R3, log copied beside, control: ${told}`);
  assert.ok(result.lostCount > 0, `the laboratory does not see what an unsynced copy loses: ${result.violations[0]}`);
});
