// One verb of the command line in this process, with what it wrote and the exit code it set.

import type { Command } from "commander";
import type { Environment } from "../../src/cli/environment.ts";
import { systemClock } from "./temporary-folder.ts";

export interface Speech {
  readonly out: string;
  readonly error: string;
  readonly code: number;
}

/** Rejects with what the verb throws. `write` takes the place of standard output. */
export async function speak(
  create: (environment: Environment) => Command,
  args: readonly string[],
  { cwd, write }: { readonly cwd: string; readonly write?: (text: string) => void },
): Promise<Speech> {
  let [out, error, code] = ["", "", 0];
  const toOut = (text: string): void => {
    out += text;
  };
  const toError = (text: string): void => {
    error += text;
  };
  const environment: Environment = {
    stdout: { write: write ?? toOut, columns: undefined, color: false },
    stderr: { write: toError, columns: undefined, color: false },
    cwd,
    variables: {},
    clock: systemClock,
    signal: new AbortController().signal,
    command: "npx refeed",
    invocation: "refeed",
    pid: 4711,
    exit: (asked) => {
      code = asked;
    },
  };
  await create(environment).exitOverride().parseAsync(args, { from: "user" });
  return { out, error, code };
}
