// REFEED_DISK sets how many faults of each kind are tried, REFEED_MOUNTS how many small file systems: a number, or all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";
import { runDiskBarred, runDiskBroken, runDiskFull } from "./disk.ts";
import { describeResult, laboratorySeed, readCount } from "./laboratory.ts";
import { runMounts } from "./mounts.ts";
import { assertStrace } from "./syscalls.ts";

const experiments = {
  "R5: with the disk full at any call": { run: runDiskFull, usual: 14 },
  "R5: with a quota used up, or read-only, at any call": { run: runDiskBarred, usual: 8 },
  "R6: with a disk that fails at any call": { run: runDiskBroken, usual: 14 },
};

for (const [name, { run, usual }] of Object.entries(experiments)) {
  test(`${name} a run ends in one line and is gone on with to the same end`, async (context) => {
    assertStrace();
    const count = readCount("REFEED_DISK", usual);
    const folder = createTemporaryFolder(context);
    const result = await run({ folder, seed: laboratorySeed, ...(count === undefined ? {} : { count }) });
    context.diagnostic(
      `${name.slice(0, 2)}: ${describeResult(result)}; ${result.pointCount} points, ${result.survivedCount} runs ended in spite of it`,
    );
    assert.deepEqual(result.violations, []);
    assert.ok(result.pointCount > 300, `only ${result.pointCount} points were found`);
    assert.ok(result.faults >= result.runs * 0.9, `only ${result.faults} faults hit`);
  });
}

test("R5: on file systems too small for it the command line tells what is full, and goes on when there is space", async (context) => {
  assertStrace();
  const count = readCount("REFEED_MOUNTS", 3);
  const folder = createTemporaryFolder(context);
  const result = await runMounts({ folder, seed: laboratorySeed, ...(count === undefined ? {} : { count }) });
  context.diagnostic(`R5: ${describeResult(result)}`);
  assert.deepEqual(result.violations, []);
});
