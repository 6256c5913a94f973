// A folder that is gone when the test is over.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A test, or node:test itself, which ends with the file. */
export interface Ending {
  after(end: () => void): void;
}

export function createTemporaryFolder(context: Ending): string {
  const folder = mkdtempSync(join(tmpdir(), "refeed-test-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const systemClock = { now: () => Date.now(), monotonic: () => performance.now() };
