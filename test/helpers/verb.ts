// One verb of the command line in this process: what it wrote to standard output, with everything else recorded or refused.

import assert from "node:assert/strict";
import type { Command } from "commander";
import type { Environment } from "../../src/cli/environment.ts";
import { systemClock } from "./temporary-folder.ts";

export async function speakVerb(
  create: (environment: Environment) => Command,
  cwd: string,
  args: readonly string[],
): Promise<string> {
  const texts: string[] = [];
  const output = { columns: undefined, color: false };
  const environment: Environment = {
    stdout: { ...output, write: (text) => void texts.push(text) },
    stderr: { ...output, write: (text) => assert.fail(`standard error: ${text}`) },
    cwd,
    variables: {},
    clock: systemClock,
    signal: new AbortController().signal,
    command: "npx refeed",
    invocation: "refeed",
    pid: process.pid,
    exit: (code) => assert.fail(`exit code ${code}`),
  };
  await create(environment)
    .exitOverride()
    .parseAsync([...args], { from: "user" });
  return texts.join("");
}
