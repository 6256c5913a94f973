// R21: the clock of the machine is wrong, jumps, runs ten times too fast or stands still. Times are records only: nothing
// expires early, no duration is negative, two runs of one millisecond are two runs, and what comes out is the same.

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { createBaseline, type LaboratoryOptions, type LaboratoryResult, runAll } from "./laboratory.ts";
import { createLineBaseline, findDifferences, findStack, startLine } from "./line.ts";
import { countRepeats, findViolations } from "./oracle.ts";
import { createPlace, type Outcome, type Place, type StartOptions, start } from "./processes.ts";
import type { PipelineSettings } from "./settings.ts";

const libraries = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"].map((folder) =>
  join(folder, "faketime/libfaketime.so.1"),
);

const settings: Partial<PipelineSettings> = { delayMs: 5, arms: 2 };

/** What the clock does, in the words of libfaketime; a list is written one after the other while the run is under way. */
const clocks: Readonly<Record<string, readonly string[]>> = {
  "ten days ago": ["-10d"],
  "in 400 days": ["+400d"],
  "ten times as fast": ["+0 x10"],
  "a tenth as fast": ["+0 x0.1"],
  "jumps ahead": ["+0", "+400d"],
  "jumps back": ["+0", "-10d"],
  "to and fro": ["+0", "+2h", "-2h", "+400d", "-1y"],
  "before 1970": ["-60y"],
};

/** `count` is of times that every clock is tried. */
export async function runClocks(options: LaboratoryOptions): Promise<LaboratoryResult> {
  const { folder, count = 6 } = options;
  const library = libraries.find((path) => existsSync(path));
  if (library === undefined) throw new Error("the laboratory needs libfaketime: apt-get install libfaketime");
  const lab: Lab = { options, env: { LD_PRELOAD: library, FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1" } };
  const { expected } = await createBaseline(folder, settings);
  const total = { violations: [] as string[], faults: 0, runs: 0 };
  const judge = (name: string, place: Place, found: readonly string[]): void => {
    const negative = findNegative(place.run);
    total.runs += 1;
    total.violations.push(
      ...[...found, ...negative, ...findViolations(place, expected)].map((text) => `${name}: ${text}`),
    );
  };
  const tries = Object.entries(clocks).flatMap((clock) =>
    Array.from({ length: count }, (_, index) => ({ clock, index })),
  );
  await runAll(tries, async ({ clock: [name, times], index }) => {
    if (options.isBrief && total.violations.length > 0) return;
    const place = createPlace(folder, `${name} ${index}`);
    const outcome = await startAt(lab, place, times);
    total.faults += times.length;
    judge(name, place, [...judgeDone(outcome), ...judgeShift(place.run, times)]);
  });
  for (let index = 0; index < count; index++) {
    if (options.isBrief && total.violations.length > 0) break;
    const place = createPlace(folder, `drain ${index}`);
    judge("jumps while it drains", place, await drain(lab, place));
    const pair = ["left", "right"].map((side) => createPlace(folder, `${side} ${index}`)) as [Place, Place];
    const still = { ...lab.env, FAKETIME: "2026-03-01 12:00:00" };
    const outcomes = await Promise.all(pair.map((each) => start(each, { ...options.start, settings, env: still })));
    for (const [at, outcome] of outcomes.entries())
      judge("two in one millisecond", pair[at] as Place, judgeDone(outcome));
  }
  if (options.isBrief && total.violations.length > 0) return { kills: 0, ...total };
  total.violations.push(...(await runLine(lab)));
  total.runs += 1;
  return { kills: 0, ...total };
}

interface Lab {
  readonly options: LaboratoryOptions;
  readonly env: Readonly<Record<string, string>>;
}

/** One time after the other: the next one as soon as something was saved, and then twice as late each. */
function startAt({ options, env }: Lab, place: Place, times: readonly string[], more: StartOptions = {}) {
  const file = `${place.run}.time`;
  const [first = "+0", ...later] = times;
  writeFileSync(file, first);
  return start(place, {
    ...options.start,
    settings,
    ...more,
    env: { ...options.start?.env, ...env, FAKETIME_TIMESTAMP_FILE: file },
    watch: (child) => {
      more.watch?.(child);
      child.stdout?.on("data", () => {
        const next = later.shift();
        if (next !== undefined) writeFileSync(file, next);
      });
    },
  });
}

/** Told to stop while calls are on their way, and a year passes before they come: they are waited for all the same. */
async function drain(lab: Lab, place: Place): Promise<readonly string[]> {
  const slow = { settings: { ...settings, delayMs: 400 } };
  const first = await startAt(lab, place, ["+0"], {
    ...slow,
    watch: (child) => {
      child.stdout?.once("data", () => {
        child.kill("SIGTERM");
        writeFileSync(`${place.run}.time`, "+1y");
      });
    },
  });
  const early = first.code === 143 && !first.stderr.includes("not at rest") ? [] : [`expired early: ${first.stderr}`];
  const last = await startAt(lab, place, ["-1y"]);
  const repeats = countRepeats(place);
  return [...early, ...judgeDone(last), ...(repeats > 0 ? [`${repeats} calls were paid twice`] : [])];
}

async function runLine({ options, env }: Lab): Promise<readonly string[]> {
  const { expected } = await createLineBaseline(options.folder, "gaussian");
  const line = { name: "gaussian", run: join(options.folder, "line") } as const;
  const outcome = await startLine(line, { ...options.start, env: { ...env, FAKETIME: "+400d x10" } });
  return [...judgeDone(outcome), ...findDifferences(line.run, expected)].map((text) => `refeed run: ${text}`);
}

function judgeDone(outcome: Outcome): readonly string[] {
  if (outcome.code !== 0) return [`ended with ${outcome.code ?? outcome.signal}: ${outcome.stderr}`];
  return findStack(outcome);
}

/** The run really saw the clock: where it was set by days from the start, the run was made then. */
function judgeShift(run: string, [first = ""]: readonly string[]): readonly string[] {
  const days = /^([+-]\d+)d$/.exec(first)?.[1];
  if (days === undefined) return [];
  const connection = new Database(join(run, "state.db"), { readonly: true });
  try {
    const madeMs = connection.prepare<[], number>("SELECT created_ms FROM run").pluck().get() ?? 0;
    const shiftedDays = (madeMs - Date.now()) / 86_400_000;
    return Math.abs(shiftedDays - Number(days)) < 1
      ? []
      : [`its clock was shifted by ${shiftedDays} days, not ${days}`];
  } finally {
    connection.close();
  }
}

/** Durations come from a clock that never steps back. */
function findNegative(run: string): readonly string[] {
  const connection = new Database(join(run, "state.db"), { readonly: true });
  try {
    const rows = connection
      .prepare<[], string>("SELECT key FROM stage WHERE duration_ms < 0 OR duration_ms > 3600000")
      .pluck()
      .all();
    return rows.map((key) => `stage ${key} took less than nothing, or hours`);
  } finally {
    connection.close();
  }
}
