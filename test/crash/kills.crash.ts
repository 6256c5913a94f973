// REFEED_RANDOM_KILLS sets the number of R2's kills, REFEED_CRASH_SEED their moments. kill.crash.ts goes through the real
// command line.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";
import { runKills } from "./kills.ts";
import { describeResult, laboratorySeed, readCount } from "./laboratory.ts";

test("R2: killed at random moments, also while it is gone on with, a run ends like the one that was not", async (context) => {
  const count = readCount("REFEED_RANDOM_KILLS", 200) ?? 3000;
  const result = await runKills({ folder: createTemporaryFolder(context), seed: laboratorySeed, count });
  context.diagnostic(`R2: ${describeResult(result)}`);
  assert.deepEqual(result.violations, []);
  assert.ok(result.kills >= count);
});
