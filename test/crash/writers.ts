// R14: many processes start on one run at the same moment. One works; every other one ends with exit code 5 and tells who
// holds the run. The one at work is stopped as soon as it holds the lock, and continued when all others are gone.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createBaseline, type LaboratoryOptions, type LaboratoryResult } from "./laboratory.ts";
import { createLineBaseline, findDifferences, findStack, startLine } from "./line.ts";
import { findViolations } from "./oracle.ts";
import { createPlace, type Outcome, type StartOptions, start, startRefeed } from "./processes.ts";
import type { PipelineSettings } from "./settings.ts";

/** Long enough for the one at work to be stopped before it is done. */
const settings: Partial<PipelineSettings> = { delayMs: 100 };

export interface WritersResult extends LaboratoryResult {
  /** How long it took to be refused alone, with the start of the process, milliseconds. */
  readonly refusalMs: number;
}

/** `count` is of processes on each of two runs: the laboratory's, and one that `refeed resume` goes on with. */
export async function runWriters({ folder, count = 50, ...options }: LaboratoryOptions): Promise<WritersResult> {
  const { expected } = await createBaseline(folder, settings);
  const place = createPlace(folder, "crowd");
  const own = await runCrowd(place.run, count, (watch) => start(place, { ...options.start, settings, watch }));
  const told = [
    ...own.violations.map((violation) => `pipeline: ${violation}`),
    ...findViolations(place, expected).map((violation) => `pipeline: ${violation}`),
  ];
  const result = { runs: count, kills: 0, faults: 1, violations: told, refusalMs: own.refusalMs };
  if (options.isBrief && told.length > 0) return result;
  const line = { name: "newswire", run: join(folder, "line") } as const;
  const baseline = await createLineBaseline(folder, line.name);
  // Stopped early, so that there is a record to resume from and everything left to do.
  await stopEarly(line);
  const real = await runCrowd(line.run, count, (watch) =>
    startRefeed(["resume", line.run], { ...options.start, watch }),
  );
  const violations = [
    ...told,
    ...real.violations.map((violation) => `refeed resume: ${violation}`),
    ...findDifferences(line.run, baseline.expected).map((violation) => `refeed resume: ${violation}`),
  ];
  return { runs: 2 * count, kills: 0, faults: 2, violations, refusalMs: Math.max(own.refusalMs, real.refusalMs) };
}

type StartOne = (watch: NonNullable<StartOptions["watch"]>) => Promise<Outcome>;

async function runCrowd(run: string, count: number, startOne: StartOne) {
  const pids: (number | undefined)[] = [];
  const ended = new Set<number>();
  const crowd = Array.from({ length: count }, async (_, index) => {
    const outcome = await startOne((child) => {
      pids[index] = child.pid;
    });
    ended.add(index);
    return outcome;
  });
  const holder = await findHolder(run, pids);
  process.kill(holder, "SIGSTOP");
  const at = pids.indexOf(holder);
  const others = await Promise.all(crowd.filter((_, index) => index !== at));
  const violations = others.flatMap((outcome) => judgeRefused(outcome, holder));
  const alone = await startOne(() => undefined);
  violations.push(...judgeRefused(alone, holder));
  if (ended.has(at)) violations.push("the one at work ended while it was stopped");
  process.kill(holder, "SIGCONT");
  const { code, stderr } = (await crowd[at]) as Outcome;
  if (code !== 0) violations.push(`stopped and continued, it ended with ${code}: ${stderr}`);
  return { violations, refusalMs: alone.wallMs };
}

/** Exit code 5, who holds it, what to do, and not a line more. */
function judgeRefused(outcome: Outcome, holder: number): readonly string[] {
  const { code, signal, stderr } = outcome;
  const isTold = stderr.includes(`another process writes this run (pid ${holder}`) && stderr.split("\n").length === 3;
  if (code === 5 && isTold) return findStack(outcome);
  return [`one that came too late ended with ${code ?? signal}: ${stderr}`];
}

/** The first to take the lock leaves its name beside it. */
async function findHolder(run: string, pids: readonly (number | undefined)[]): Promise<number> {
  for (let tries = 0; tries < 20_000; tries++) {
    const pid = readPid(join(run, "lock.json"));
    if (pid !== undefined && pids.includes(pid)) return pid;
    await wait(1);
  }
  throw new Error("nobody took the lock");
}

function readPid(note: string): number | undefined {
  try {
    return (JSON.parse(readFileSync(note, "utf8")) as { readonly pid: number }).pid;
  } catch {
    // Not there yet, or half written.
    return undefined;
  }
}

async function stopEarly(line: Parameters<typeof startLine>[0]): Promise<void> {
  const { code, stderr } = await startLine(line, {
    watch: (child) => void child.stderr?.once("data", () => child.kill("SIGINT")),
  });
  if (code !== 130) throw new Error(`the run did not stop early: ${code}: ${stderr}`);
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
