// REFEED_POINTS sets how many of R1's points are tried: a number, or all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";
import { describeResult, laboratorySeed, readCount } from "./laboratory.ts";
import { runPoints } from "./points.ts";
import { assertStrace } from "./syscalls.ts";

test("R1: killed at every write, sync, rename, open for making, sending and start of a thread, a run loses nothing", async (context) => {
  assertStrace();
  const count = readCount("REFEED_POINTS", 24);
  const folder = createTemporaryFolder(context);
  const result = await runPoints({ folder, seed: laboratorySeed, ...(count === undefined ? {} : { count }) });
  context.diagnostic(`R1: ${describeResult(result)}; ${result.pointCount} points, ${result.absent.length} absent`);
  assert.deepEqual(result.violations, []);
  assert.ok(result.pointCount > 300, `only ${result.pointCount} points were found`);
  assert.deepEqual(result.missed, [], "passed without a kill");
  assert.ok(result.absent.length <= Math.max(3, result.runs * 0.05), `absent: ${result.absent.join(", ")}`);
});
