// REFEED_WRITERS sets the number of processes on each of the two runs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";
import { describeResult, laboratorySeed, readCount } from "./laboratory.ts";
import { runWriters } from "./writers.ts";

test("R14: of many that start on one run one works, and the others say who does", async (context) => {
  const count = readCount("REFEED_WRITERS", 12) ?? 50;
  const result = await runWriters({ folder: createTemporaryFolder(context), seed: laboratorySeed, count });
  context.diagnostic(`R14: ${describeResult(result)}; refused in ${result.refusalMs.toFixed(0)} ms, start included`);
  assert.deepEqual(result.violations, []);
});
