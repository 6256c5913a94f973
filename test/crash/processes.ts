// Starts the laboratory's run or the real command line in a process of its own, as it is or under a tracer, and tells
// what became of it. Whatever was started is dead when the test ends.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { PipelineSettings } from "./settings.ts";

const pipeline = new URL("./pipeline.ts", import.meta.url).pathname;
export const refeed = new URL("../../bin/refeed.js", import.meta.url).pathname;
/** Sources are stripped of their types once, not at every one of thousands of starts; changed ones in a place of their own. */
const compiled = process.env.NODE_COMPILE_CACHE ?? new URL("../../.cache/compiled", import.meta.url).pathname;

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
  readonly watch?: (child: ChildProcess) => void;
  /** Another Node than this one. */
  readonly node?: string;
  readonly cwd?: string;
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

export function start(place: Place, options: StartOptions = {}): Promise<Outcome> {
  // One thread writes files, so that the calls of a run come in one order.
  const env = { UV_THREADPOOL_SIZE: "1", ...options.env };
  return startNode([pipeline, place.run, place.books, JSON.stringify(options.settings ?? {})], { ...options, env });
}

/** The real command line; `settings` mean nothing to it. */
export function startRefeed(args: readonly string[], options: Omit<StartOptions, "settings"> = {}): Promise<Outcome> {
  return startNode([refeed, ...args], options);
}

const living = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

async function startNode(program: readonly string[], options: StartOptions): Promise<Outcome> {
  const { prefix = [], nodeArguments = [], killMs, node = process.execPath } = options;
  const [command = "", ...rest] = [...prefix, node, ...nodeArguments, ...program];
  const begin = performance.now();
  const child = spawn(command, rest, {
    stdio: ["ignore", "pipe", "pipe"],
    cwd: options.cwd,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_COMPILE_CACHE: compiled, ...options.env },
  });
  const end = (): void => void child.kill("SIGKILL");
  living.add(child);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  options.watch?.(child);
  const timer = killMs === undefined ? undefined : setTimeout(end, killMs);
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  living.delete(child);
  return { code, signal, stdout, stderr, wallMs: performance.now() - begin };
}
