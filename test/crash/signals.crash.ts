// REFEED_SIGNALS sets the number of runs, REFEED_TERMINALS that of runs through the real command line, REFEED_CRASH_SEED the moments.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";
import { describeResult, laboratorySeed, readCount } from "./laboratory.ts";
import { runSignals } from "./signals.ts";
import { runTerminals } from "./terminals.ts";

test("R13: told to stop, a run keeps all that was on its way; told twice, it ends at once", async (context) => {
  const count = readCount("REFEED_SIGNALS", 12) ?? 100;
  const result = await runSignals({ folder: createTemporaryFolder(context), seed: laboratorySeed, count });
  const [fastest = Number.POSITIVE_INFINITY] = result.secondMs;
  const slowest = result.secondMs.at(-1) ?? fastest;
  context.diagnostic(
    `R13: ${describeResult(result)}; second signal: ${fastest.toFixed(0)} to ${slowest.toFixed(0)} ms`,
  );
  assert.deepEqual(result.violations, []);
  // Calls hang for a minute; a machine at work may take its time, but not every time.
  assert.ok(fastest < 200 && slowest < 5000, "a second signal does not end it at once");
  assert.ok(result.faults >= count / 2, "too few signals met a run under way");
});

test("R13: the command line drains for signals and a closed terminal, and needs no reader", async (context) => {
  const count = readCount("REFEED_TERMINALS", 6) ?? 60;
  const result = await runTerminals({ folder: createTemporaryFolder(context), seed: laboratorySeed, count });
  context.diagnostic(`R13, command line: ${describeResult(result)}`);
  assert.deepEqual(result.violations, []);
  assert.ok(result.faults >= count / 2, "too few signals met a run under way");
});
