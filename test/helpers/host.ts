// The whole command line in this process, `main.ts` included: a process made of arguments, an environment and two
// streams that are recorded. What it does to files it really does.

import { PassThrough } from "node:stream";
import { runCommandLine } from "../../src/cli/main.ts";

export interface HostOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Both streams are a terminal of so many columns. */
  readonly columns?: number;
}

export interface HostSpeech {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function speakLine(args: readonly string[], { cwd, env = {}, columns }: HostOptions): Promise<HostSpeech> {
  const [out, error] = [createStream(columns), createStream(columns)];
  const host = {
    argv: ["node", "refeed", ...args],
    env,
    pid: process.pid,
    stdout: out.stream,
    stderr: error.stream,
    cwd: () => cwd,
    on: () => host,
    off: () => host,
    exit: (code: number) => {
      throw new Error(`the process was ended with ${code}`);
    },
  };
  const code = await runCommandLine(host as unknown as NodeJS.Process);
  return { code, stdout: out.read(), stderr: error.read() };
}

function createStream(columns: number | undefined) {
  const texts: string[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY: columns !== undefined, columns });
  stream.write = (text: unknown): boolean => texts.push(String(text)) > 0;
  return { stream, read: () => texts.join("") };
}
