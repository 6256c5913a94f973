// A command that is refused for what it was given: its problems, and that it ended so.

import assert from "node:assert/strict";
import { ConfigError, type Problem } from "../../src/errors.ts";
import type { Speech } from "./environment.ts";

/** Fails where it is not refused, or for another reason. */
export async function readProblems(speech: Promise<Speech>): Promise<readonly Problem[]> {
  const error = await speech.then(
    ({ out }) => assert.fail(`not refused: ${out}`),
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof ConfigError, String((error as Error).stack));
  assert.equal(error.exitCode, 2);
  return error.problems;
}
