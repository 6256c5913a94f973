// REFEED_POWER sets how many disks R3 rebuilds: a number, or all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";
import { describeResult, laboratorySeed, readCount } from "./laboratory.ts";
import { runPower } from "./power.ts";
import { assertStrace } from "./syscalls.ts";

test("R3: after a power cut at any sync and after anything said to be saved, a run has lost nothing", async (context) => {
  assertStrace();
  const count = readCount("REFEED_POWER", 60);
  const folder = createTemporaryFolder(context);
  const result = await runPower({ folder, seed: laboratorySeed, ...(count === undefined ? {} : { count }) });
  context.diagnostic(`R3: ${describeResult(result)}; ${result.cutCount} cuts in four ways`);
  assert.deepEqual(result.violations, []);
  assert.ok(result.cutCount > 80, `only ${result.cutCount} cuts were found`);
});

test("R3, control: with synchronous=NORMAL a power cut takes what was said to be saved", async (context) => {
  assertStrace();
  const hook = new URL("./bugs/hook.ts", import.meta.url).href;
  const start = { nodeArguments: ["--import", hook], env: { REFEED_BUG: "commits are not synced" } };
  const options = { folder: createTemporaryFolder(context), seed: laboratorySeed, count: 12 };
  const result = await runPower({ ...options, start });
  context.diagnostic(`R3, control: ${describeResult(result)}, ${result.lostCount} of them acknowledged work lost`);
  assert.ok(result.lostCount > 0, "the laboratory does not see what synchronous=NORMAL loses");
});
