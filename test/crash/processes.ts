// Starts the laboratory's run in a process of its own, as it is or under a tracer, and tells what became of it.
// Whatever was started is dead when the test ends.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { PipelineSettings } from "./settings.ts";

const pipeline = new URL("./pipeline.ts", import.meta.url).pathname;
/** Sources are stripped of their types once, not at every one of thousands of starts. */
const compiled = new URL("../../.cache/compiled", import.meta.url).pathname;

export interface Place {
  readonly run: string;
  readonly books: string;
}

export interface StartOptions {
  readonly settings?: Partial<PipelineSettings>;
  /** What stands before node on the command line: strace and its arguments, faketime. */
  readonly prefix?: readonly string[];
  /** Arguments of node itself, such as --import. */
  readonly nodeArguments?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly killMs?: number;
  /** Called with the process once it runs. */
  readonly watch?: (child: { readonly pid?: number | undefined; kill(signal: NodeJS.Signals): boolean }) => void;
}

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly wallMs: number;
}

export function createPlace(folder: string, name: string): Place {
  mkdirSync(join(folder, name));
  return { run: join(folder, name, "run"), books: join(folder, name, "books") };
}

export async function start(place: Place, options: StartOptions = {}): Promise<Outcome> {
  const { settings = {}, prefix = [], nodeArguments = [], killMs } = options;
  const [command = "", ...rest] = [
    ...prefix,
    process.execPath,
    ...nodeArguments,
    pipeline,
    place.run,
    place.books,
    JSON.stringify(settings),
  ];
  const begin = performance.now();
  const child = spawn(command, rest, {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      NODE_TEST_CONTEXT: undefined,
      NODE_COMPILE_CACHE: compiled,
      // One thread writes files, so that the calls of a run come in one order.
      UV_THREADPOOL_SIZE: "1",
      ...options.env,
    },
  });
  const end = (): void => void child.kill("SIGKILL");
  process.once("exit", end);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  options.watch?.(child);
  const timer = killMs === undefined ? undefined : setTimeout(end, killMs);
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  process.off("exit", end);
  return { code, signal, stdout, stderr, wallMs: performance.now() - begin };
}
