// REFEED_SEQUENCES sets the number of sequences, REFEED_CRASH_SEED names them, REFEED_SEQUENCE_MINUTES ends them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";
import { describeResult, laboratorySeed, readCount } from "./laboratory.ts";
import { runSequences } from "./sequences.ts";

test("R17: whatever is done to a run, in whatever order, it ends like a new run of its file", async (context) => {
  const count = readCount("REFEED_SEQUENCES", 2) ?? 1000;
  const minutes = readCount("REFEED_SEQUENCE_MINUTES", 10) ?? 60;
  const most = count > 12 ? 40 : 10;
  const folder = createTemporaryFolder(context);
  const result = await runSequences({ folder, seed: laboratorySeed, count, most, limitMs: 60_000 * minutes });
  context.diagnostic(`R17: ${describeResult(result)}, ${result.steps} steps`);
  assert.deepEqual(result.violations, []);
  assert.ok(result.runs > 0 && result.steps > result.runs);
});
