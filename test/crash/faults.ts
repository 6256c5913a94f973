// What R5 and R6 share: the disk refuses a call of a run, once or from there on, whichever call it is. The run ends with one line
// and exit code 5, or goes on where the refusal can be made good; gone on with on a sound disk, it ends like the one
// that nothing happened to. What it had said was saved is there.

import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom, createShuffled } from "../../src/math/random.ts";
import { readBills } from "../../src/providers/scripted/service.ts";
import { createBaseline, type LaboratoryOptions, type LaboratoryResult, runAll } from "./laboratory.ts";
import { findViolations } from "./oracle.ts";
import { createPlace, type Outcome, type Place, type StartOptions, start } from "./processes.ts";
import { findLost, readSaved } from "./saved.ts";
import { createInjection, describePoint, listPoints, type Point } from "./syscalls.ts";

export interface FaultPlan {
  /** As the system names them: ENOSPC. */
  readonly errors: readonly string[];
  readonly calls: readonly string[];
  /** What the line must say. */
  readonly told: RegExp;
}

export interface FaultsResult extends LaboratoryResult {
  readonly pointCount: number;
  /** Runs that ended by themselves, in spite of the fault. */
  readonly survivedCount: number;
}

/** A run that is told of a fault ends in far less; one that hangs is killed. */
const patienceMs = 30_000;

/** `count` is of faults. */
export async function runFaults(options: LaboratoryOptions, plan: FaultPlan): Promise<FaultsResult> {
  const { folder, seed, only = /./, isBrief = false } = options;
  const { expected } = await createBaseline(folder);
  const traced = { ...options.start, traced: plan.calls.join(",") };
  const points = (await listPoints(createPlace(folder, "traced"), traced))
    .filter(isOfRun)
    .filter((point) => only.test(describePoint(point)));
  const faults = plan.errors.flatMap((error) =>
    points.flatMap((point) => ["", "+"].map((mark) => ({ point, error, when: `${point.ordinal}${mark}` }))),
  );
  const chosen = createShuffled(faults, createRandom(computeSeed("faults", seed))).slice(0, options.count);
  const violations: string[] = [];
  let [runs, hits, survivedCount] = [0, 0, 0];
  await runAll(chosen, async ({ point, error, when }, index) => {
    if (isBrief && violations.length > 0) return;
    runs += 1;
    const place = createPlace(folder, `fault-${index}`);
    const log = `${place.run}.injected`;
    const prefix = createInjection(place, point, { what: `error=${error}`, when, log });
    const broken = await start(place, { ...options.start, prefix, killMs: patienceMs });
    if (readFileSync(log, "utf8").includes("INJECTED")) hits += 1;
    if (broken.code === 0) survivedCount += 1;
    const found = [...judgeEnd(broken, plan), ...(await judgeResume(place, broken, options.start))];
    for (const violation of [...found, ...findViolations(place, expected)])
      violations.push(`${error} at ${point.call} ${point.path} ${when}: ${violation}`);
    rmSync(join(place.run, ".."), { recursive: true });
  });
  return { runs, kills: 0, faults: hits, violations, pointCount: points.length, survivedCount };
}

function isOfRun({ path }: Point): boolean {
  return path !== null && /^run(\/|$)/.test(path);
}

/** One line of what and where, one of what to do next, exit code 5; or the end, as if nothing had been. */
export function judgeEnd({ code, signal, stderr }: Outcome, { told }: Pick<FaultPlan, "told">): readonly string[] {
  if (signal !== null) return [`was killed by ${signal}: it hung, or broke down: ${stderr}`];
  if (code === 0) return [];
  const found: string[] = [];
  if (code !== 5) found.push(`ended with exit code ${code}`);
  if (!/^[^\n]+\n {2}[^\n]+\n$/.test(stderr)) found.push("told not one line and a hint");
  if (!told.test(stderr)) found.push(`did not tell ${told}`);
  return found.map((each) => `${each}: ${stderr}`);
}

/** Goes on with it on a sound disk: whatever it had said was saved is neither gone nor paid for again. */
export async function judgeResume(
  place: Place,
  { stdout }: Pick<Outcome, "stdout">,
  options: Pick<StartOptions, "nodeArguments" | "env"> = {},
): Promise<readonly string[]> {
  const hasSaved = stdout.includes("saved ");
  if (hasSaved && !existsSync(join(place.run, "state.db"))) return ["what was said to be saved is gone"];
  const saved = readSaved(hasSaved ? stdout : "", hasSaved ? place.run : "");
  const before = readBills(place.books).length;
  const resumed = await start(place, options);
  if (resumed.code !== 0) return [`the resume ended with ${resumed.code ?? resumed.signal}: ${resumed.stderr}`];
  return findLost(place, saved, { before, all: readBills(place.books) });
}
