// R4 needs no sample: every call that is sent and every sync of one recorded run is looked at.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createTemporaryFolder } from "../helpers/temporary-folder.ts";
import { laboratorySeed } from "./laboratory.ts";
import { runSyncs } from "./syncs.ts";
import { assertStrace } from "./syscalls.ts";

test("R4: a call's intent is on the disk when it is sent, and every file is whole or not there", async (context) => {
  assertStrace();
  const result = await runSyncs({ folder: createTemporaryFolder(context), seed: laboratorySeed });
  const { sendCount, logSyncCount, kills } = result;
  context.diagnostic(`R4: ${sendCount} calls sent, ${logSyncCount} syncs of the log, ${kills} disks looked at`);
  assert.deepEqual(result.violations, []);
  assert.ok(sendCount >= 20 && kills > 100);
});
