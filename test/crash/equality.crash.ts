// REFEED_EQUALITY sets the number of runs, REFEED_CRASH_SEED the ways they are made.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";
import { runEquality } from "./equality.ts";
import { describeResult, laboratorySeed, readCount } from "./laboratory.ts";

test("R15: wherever and however it is run, a run puts out the same bytes", async (context) => {
  const count = readCount("REFEED_EQUALITY", 12) ?? 38;
  const result = await runEquality({ folder: createTemporaryFolder(context), seed: laboratorySeed, count });
  context.diagnostic(`R15: ${describeResult(result)}`);
  assert.deepEqual(result.violations, []);
});
