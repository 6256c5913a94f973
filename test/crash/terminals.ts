// R13 through the real command line: signals at random moments, readers that go away, a terminal that is closed.
// It says how to go on, shows no stack, and the run ends like the one that nothing happened to, its report included.

import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom, type Random } from "../../src/math/random.ts";
import { type LaboratoryOptions, type LaboratoryResult, runAll } from "./laboratory.ts";
import {
  createArguments,
  createLineBaseline,
  findDifferences,
  findStack,
  type Line,
  type LineBaseline,
  type LineName,
  lineNames,
  startLine,
} from "./line.ts";
import { type Outcome, refeed, startRefeed } from "./processes.ts";

interface Trial extends LineBaseline {
  readonly line: Line;
  readonly random: Random;
  readonly options: LaboratoryOptions;
  readonly violations: string[];
  signals: number;
}

/** `count` is of runs, of both experiments in turn. */
export async function runTerminals(options: LaboratoryOptions): Promise<LaboratoryResult> {
  const { folder, seed, count = 60 } = options;
  const baselines = {} as Record<LineName, LineBaseline>;
  for (const name of lineNames) baselines[name] = await createLineBaseline(folder, name);
  const total = { violations: [] as string[], faults: 0 };
  const ways = [stop, leave, hangUp];
  await runAll(Array.from({ length: count }), async (_, index) => {
    const name = lineNames[index % lineNames.length] as LineName;
    const way = ways[index % ways.length] as (typeof ways)[number];
    const line = { name, run: join(folder, `run-${index}`) };
    const random = createRandom(computeSeed("terminals", seed, index));
    const trial: Trial = { ...baselines[name], line, random, options, violations: [], signals: 0 };
    await way(trial);
    const last = await startLine(line, options.start ?? {});
    const found =
      last.code === 0 ? findDifferences(line.run, trial.expected) : [`ended with ${last.code}: ${last.stderr}`];
    total.violations.push(...[...trial.violations, ...found].map((text) => `${name} ${way.name} ${index}: ${text}`));
    total.faults += trial.signals;
    rmSync(line.run, { recursive: true });
  });
  return { runs: count, kills: 0, ...total };
}

/** Told to stop at a random moment, and again while `refeed resume` goes on with it. */
async function stop(trial: Trial): Promise<void> {
  const { line, random, wallMs, violations, options } = trial;
  const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 143 } as const;
  for (const isResume of [false, true]) {
    const signal = (["SIGINT", "SIGTERM", "SIGHUP"] as const)[random.integer(3)] as keyof typeof signals;
    const args = isResume ? ["resume", line.run] : createArguments(line);
    const delayMs = random.uniform() * wallMs;
    const outcome = await startRefeed(args, {
      ...options.start,
      watch: (child) => {
        const tell = (): void => {
          if (child.kill(signal)) trial.signals += 1;
        };
        setTimeout(tell, delayMs).unref();
      },
    });
    violations.push(...findStack(outcome));
    const { code, stderr } = outcome;
    const isToldHow = /^go on with: .+ resume .+$|^nothing (is recorded yet|was begun); start it again$/m.test(stderr);
    // Before it listens a signal is a signal; what was stopped before it was recorded is refused by resume.
    if (
      outcome.signal === signal ||
      code === 0 ||
      (isResume && /holds no run yet|there is no (such )?run/.test(stderr))
    )
      continue;
    if (code !== signals[signal]) violations.push(`${signal} ended it with ${code ?? outcome.signal}: ${stderr}`);
    else if (!isToldHow) violations.push(`does not say how to go on: ${stderr}`);
  }
}

/** Readers of one stream or both that go away after the first bytes: the run itself goes on. */
async function leave(trial: Trial): Promise<void> {
  const which = trial.random.integer(3);
  const outcome = await startLine(trial.line, {
    ...trial.options.start,
    watch: ({ stdout, stderr }) => {
      const leaving = which === 2 ? [stdout, stderr] : [which === 0 ? stdout : stderr];
      for (const stream of leaving) stream?.once("data", () => stream.destroy());
      trial.signals += 1;
    },
  });
  trial.violations.push(...findStack(outcome));
  if (outcome.code !== 0) trial.violations.push(`ended with ${outcome.code} when nobody read it: ${outcome.stderr}`);
}

/** The terminal is closed under it: it drains, which only a process that was not killed can record. */
async function hangUp(trial: Trial): Promise<void> {
  const { line, random, wallMs, violations } = trial;
  const log = `${line.run}.log`;
  const words = [process.execPath, refeed, ...createArguments(line)].map((word) => `'${word}'`).join(" ");
  // Standard output and input are the terminal; what is said last would be lost with it.
  const terminal = spawn("script", ["-qec", `echo $$ > '${log}.pid'; exec ${words} 2> '${log}'`, "/dev/null"], {
    stdio: ["ignore", "ignore", "ignore"],
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, SHELL: "/bin/sh" },
  });
  const failed = new Promise<never>((_, reject) => terminal.once("error", reject));
  const gone = new Promise<void>((resolve) => terminal.once("close", () => resolve()));
  await Promise.race([failed, gone, wait(wallMs * (0.3 + 0.5 * random.uniform()))]);
  const wasAlive = terminal.kill("SIGKILL");
  await gone;
  trial.signals += 1;
  const pid = Number(readFileSync(`${log}.pid`, "utf8"));
  await waitForEnd(pid, violations);
  const stderr = readFileSync(log, "utf8");
  violations.push(...findStack({ stdout: "", stderr } as Outcome));
  const state = readState(line.run);
  const isKilled = state === "running" || !/interrupted, state saved\n$/.test(stderr);
  if (wasAlive && stderr.includes("the terminal is gone") && state !== "done" && isKilled)
    violations.push(`left ${state} by a terminal that was closed: ${stderr}`);
}

async function waitForEnd(pid: number, violations: string[]): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (!existsSync(`/proc/${pid}`)) return;
    await wait(20);
  }
  process.kill(pid, "SIGKILL");
  violations.push("outlived its terminal by 20 s");
}

function readState(run: string): string | undefined {
  if (!existsSync(join(run, "resolved.json"))) return undefined;
  const connection = new Database(join(run, "state.db"), { readonly: true });
  try {
    return connection.prepare<[], string>("SELECT state FROM run").pluck().get();
  } finally {
    connection.close();
  }
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
