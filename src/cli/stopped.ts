// How a run that does not end well is told to programs: the last event of `--json`, whatever ended it. People read the
// same on standard error, where the command line tells it; this says nothing there.

import { relative } from "node:path";
import { ConfigError, type Problem, ProviderError, RefeedError } from "../errors.ts";
import { isRunFolder } from "../store/run-folder.ts";
import { readRunSpending } from "../store/status.ts";
import type { Environment } from "./environment.ts";
import { readCause } from "./failure.ts";
import { hasLeft } from "./spending.ts";

/** Does `act`, which names the run's folder as soon as it is known; where it throws, the event goes before the error. */
export async function tellStop(
  environment: Environment,
  isJson: boolean,
  act: (name: (directory: string) => string) => Promise<void>,
): Promise<void> {
  let directory: string | null = null;
  try {
    await act((named) => {
      directory = named;
      return named;
    });
  } catch (error) {
    if (isJson) {
      const line = { event: "run-stopped", ...(await describeStop(error, directory, environment)) };
      environment.stdout.write(`${JSON.stringify(line)}\n`);
    }
    throw error;
  }
}

async function describeStop(error: unknown, directory: string | null, environment: Environment) {
  const cause = await readCause(error, environment.signal);
  const told =
    cause instanceof RefeedError
      ? { exitCode: cause.exitCode, error: cause.code, what: cause.what, where: cause.where, next: cause.next }
      : { exitCode: 1, error: "internal", what: cause instanceof Error ? cause.message : String(cause) };
  const run = directory === null ? null : relative(environment.cwd, directory) || ".";
  const spending = directory === null ? null : await readLeft(directory);
  return { run, ...told, ...listProblems(cause), ...spending };
}

/** Of what is told on several lines, each. */
function listProblems(cause: unknown): { readonly problems?: readonly Problem[] } {
  const hasSome = cause instanceof ConfigError || (cause instanceof ProviderError && cause.problems.length > 0);
  return hasSome ? { problems: cause.problems } : {};
}

/** What left the process over the whole run; null where nothing did, or the folder cannot say. */
async function readLeft(directory: string) {
  try {
    if (!(await isRunFolder(directory))) return null;
    const spending = readRunSpending(directory);
    return hasLeft(spending) ? spending : null;
  } catch {
    // A damaged folder may be the very thing that is told.
    return null;
  }
}
