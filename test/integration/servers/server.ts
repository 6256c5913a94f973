// A real model server as a child of the suite: started on a free port, waited for, killed with all its children.
// Its output stays in .cache/servers/logs, whatever came of it.

import { spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { cacheFolder } from "./environments.ts";

export interface ServerCommand {
  /** Also of its log. */
  readonly name: string;
  /** What is printed of it: packages and versions. */
  readonly version: string;
  readonly python: string;
  readonly createArgs: (port: number) => readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Answers 200 once requests are taken. */
  readonly health: string;
  readonly deadlineMs: number;
}

export interface RunningServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly pid: number;
  /** From the start of the process to its first healthy answer. */
  readonly startMs: number;
  /** Name, version, pid and start. */
  readonly description: string;
  readLog(): string;
  /** Ends the whole group. */
  stop(): Promise<void>;
}

/** What every server of the suite is given: no hub is asked for anything. */
const offline = { HF_HUB_OFFLINE: "1", TRANSFORMERS_OFFLINE: "1", TOKENIZERS_PARALLELISM: "false" };

export async function startServer(command: ServerCommand): Promise<RunningServer> {
  const port = await findFreePort();
  const logs = join(cacheFolder, "logs");
  mkdirSync(logs, { recursive: true });
  const file = join(logs, `${command.name}.log`);
  const log = openSync(file, "w");
  const begin = performance.now();
  // The kernel ends it with the suite, even where nobody is left to do so.
  const args = ["--pdeathsig", "KILL", command.python, ...command.createArgs(port)];
  const child = spawn("setpriv", args, {
    cwd: cacheFolder,
    env: {
      PATH: process.env.PATH,
      HOME: cacheFolder,
      HF_HOME: join(cacheFolder, "hub"),
      ...offline,
      ...command.environment,
    },
    stdio: ["ignore", log, log],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  child.once("error", () => undefined);
  const isEnded = (): boolean => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const kill = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  };
  const stop = async (): Promise<void> => {
    kill("SIGTERM");
    await Promise.race([ended, wait(8_000, undefined, { ref: false })]);
    kill("SIGKILL");
    await ended;
  };
  const origin = `http://127.0.0.1:${port}`;
  const deadline = begin + command.deadlineMs;
  while (!(await isHealthy(`${origin}${command.health}`))) {
    if (!isEnded() && performance.now() < deadline) {
      await wait(100);
      continue;
    }
    const how = isEnded()
      ? `ended with ${child.exitCode ?? child.signalCode}`
      : `is silent after ${command.deadlineMs} ms`;
    if (!isEnded()) await stop();
    throw new Error(`${command.name} ${how}; the end of ${file}:\n${readFileSync(file, "utf8").slice(-3000)}`);
  }
  const startMs = Math.round(performance.now() - begin);
  const pid = child.pid as number;
  return {
    origin,
    pid,
    startMs,
    description: `${command.name}: ${command.version}, pid ${pid}, answered after ${startMs} ms`,
    readLog: () => readFileSync(file, "utf8"),
    stop,
  };
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { headers: { connection: "close" }, signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { readonly port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
