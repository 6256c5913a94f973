// The real command line in a process of its own: what a user types, what comes back.

import { spawn } from "node:child_process";
import { once } from "node:events";

const refeed = new URL("../../bin/refeed.js", import.meta.url).pathname;

export interface Spoken {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SpokenOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** In octal digits; the tests' own unless given. */
  readonly umask?: string;
  /** Called with the child once it has started, to send it signals. */
  readonly watch?: (child: {
    kill(signal: NodeJS.Signals): boolean;
    readonly stdout: NodeJS.ReadableStream;
    readonly stderr: NodeJS.ReadableStream;
  }) => void;
}

export async function runRefeed(args: readonly string[], options: SpokenOptions = {}): Promise<Spoken> {
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, ...options.env };
  const line = [process.execPath, refeed, ...args];
  // A shell sets the mask and becomes the process; arguments are passed on, not quoted.
  if (options.umask !== undefined) line.unshift("/bin/sh", "-c", `umask ${options.umask}; exec "$@"`, "sh");
  const [command = "", ...rest] = line;
  const child = spawn(command, rest, {
    cwd: options.cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => {
    stdout += data;
  });
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  options.watch?.(child);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}
