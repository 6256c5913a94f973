// A folder that is gone when the test is over.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

export function createTemporaryFolder(context: Pick<TestContext, "after">): string {
  const folder = mkdtempSync(join(tmpdir(), "refeed-test-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const systemClock = { now: () => Date.now(), monotonic: () => performance.now() };
