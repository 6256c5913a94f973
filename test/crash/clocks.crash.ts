// REFEED_CLOCKS sets how often every clock is tried.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";
import { runClocks } from "./clocks.ts";
import { describeResult, laboratorySeed, readCount } from "./laboratory.ts";

test("R21: whatever the clock says, a run ends like any other", async (context) => {
  const count = readCount("REFEED_CLOCKS", 1) ?? 6;
  const result = await runClocks({ folder: createTemporaryFolder(context), seed: laboratorySeed, count });
  context.diagnostic(`R21: ${describeResult(result)}`);
  assert.deepEqual(result.violations, []);
});
