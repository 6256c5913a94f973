// The live line of a run, on a terminal of ordinary width.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Environment } from "../../src/cli/environment.ts";
import { clearLine } from "../../src/cli/output.ts";
import { createProgress } from "../../src/cli/progress.ts";

test("what is waited for is told before what it costs, which a narrow terminal cuts off", () => {
  let text = "";
  const write = (more: string): void => {
    text += more;
  };
  const clock = { now: () => 0, monotonic: () => 0 };
  const stderr = { write, columns: 80, color: false };
  const progress = createProgress({ stderr, stdout: stderr, clock } as unknown as Environment, {
    isJson: false,
    isQuiet: false,
  });
  const spent = { usd: 12.34, requests: 123_456, tokens: 12_345_678 };
  progress.watch({
    kind: "run-planned",
    ...{ stageCount: 13, doneCount: 3, trialCount: 1, openByKind: {}, expected: { stages: [] } },
    budget: { usd: 100 },
    readSpending: () => ({
      spent,
      reserved: { usd: 0, requests: 0, tokens: 0 },
      possiblyPaid: { usd: 0, requests: 0, tokens: 0 },
    }),
    readAnswered: () => new Map(),
    readWaits: () => ["proving teacher", "teacher has not answered for 12 s, 1 request under way"],
  });
  // Nothing is finished: whatever is said next begins on a line of its own all the same.
  progress.close();
  const line = "0 s  3/13 stages (23 %), proving teacher, teacher has not answered for 12 s, 1 r";
  const shown = `${clearLine}${line.slice(0, 79)}`;
  assert.equal(text, `${shown}${shown}\n`);
});
