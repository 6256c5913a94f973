// R13: a run is told to stop at random moments, once, twice, in the middle of a resume, or is stopped and continued.
// What is on its way when it is told is paid for, so it must be kept: nothing is sent again that was answered.

import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { repeatMs } from "../../src/cli/signals.ts";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom, type Random } from "../../src/math/random.ts";
import { readBills } from "../../src/providers/scripted/service.ts";
import { createBaseline, type LaboratoryOptions, type LaboratoryResult, runAll } from "./laboratory.ts";
import { findStack } from "./line.ts";
import { countRepeats, findViolations, readAttempts } from "./oracle.ts";
import { createPlace, type Outcome, type Place, type StartOptions, start } from "./processes.ts";
import { defaultSettings, type PipelineSettings } from "./settings.ts";

const codeBySignal: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 143 };
const stopping = Object.keys(codeBySignal) as NodeJS.Signals[];

/** Calls take long enough for some to be on their way at every moment. */
const settings: Partial<PipelineSettings> = { delayMs: 15, arms: 2 };
/** Calls that outlast any patience. */
const slow: Partial<PipelineSettings> = { ...settings, delayMs: 60_000 };

/** Two stages sample at once: candidates, and answers to the test split. */
const mostInFlight = 2 * defaultSettings.width;

export interface SignalsResult extends LaboratoryResult {
  /** How long each process lived that was told twice, from the second signal on, milliseconds; ascending. */
  readonly secondMs: readonly number[];
}

interface Trial {
  readonly place: Place;
  readonly random: Random;
  readonly options: LaboratoryOptions;
  readonly wallMs: number;
  readonly violations: string[];
  signals: number;
  kills: number;
  secondMs?: number;
}

/** `count` is of runs, each told to stop several times. */
export async function runSignals(options: LaboratoryOptions): Promise<SignalsResult> {
  const { folder, seed, count = 100 } = options;
  const { expected, wallMs } = await createBaseline(folder, settings);
  const total = { violations: [] as string[], kills: 0, faults: 0, secondMs: [] as number[] };
  await runAll(Array.from({ length: count }), async (_, index) => {
    if (options.isBrief && total.violations.length > 0) return;
    const random = createRandom(computeSeed("signals", seed, index));
    const place = createPlace(folder, `signal-${index}`);
    const trial = { place, random, options, wallMs, violations: [], signals: 0, kills: 0 } as Trial;
    const ways = [drain, drain, drain, interrupt, expire, pause];
    const way = ways[index % ways.length] as (typeof ways)[number];
    const most = await way(trial);
    const last = await start(place, { ...options.start, settings });
    const name = `${way.name} ${index}`;
    const found = last.code === 0 ? findViolations(place, expected) : [`ended with ${last.code}: ${last.stderr}`];
    if (countRepeats(place) > most) trial.violations.push(`${countRepeats(place)} calls were paid twice, not ${most}`);
    total.violations.push(...[...trial.violations, ...found].map((violation) => `${name}: ${violation}`));
    total.kills += trial.kills;
    total.faults += trial.signals;
    if (trial.secondMs !== undefined) total.secondMs.push(trial.secondMs);
    rmSync(join(place.run, ".."), { recursive: true });
  });
  return { runs: count, ...total, secondMs: total.secondMs.sort((left, right) => left - right) };
}

/** Told to stop at random moments, up to three times, the later ones while it is gone on with. Nothing may be paid twice. */
async function drain(trial: Trial): Promise<number> {
  const { random, wallMs } = trial;
  for (let left = 1 + random.integer(3); left > 0; left--) {
    const signal = stopping[random.integer(stopping.length)] as NodeJS.Signals;
    const outcome = await startWatched(trial, settings, async (tell) => {
      await wait(random.uniform() * wallMs);
      tell(signal);
    });
    judgeEnd(trial, outcome, signal);
    // A process that does not listen yet dies of the signal, and has sent nothing.
    if (outcome.signal === null) judgeDrained(trial);
  }
  return 0;
}

/** Everything that was answered is there, and nothing is left open. */
function judgeDrained({ place, violations }: Trial): void {
  if (!existsSync(join(place.run, "state.db"))) return;
  const attempts = readAttempts(place.run);
  for (const [id, { state }] of attempts)
    if (state === "sent" || state === "unknown") violations.push(`attempt ${id} is left ${state} by a drain`);
  for (const { call, id } of readBills(place.books))
    if (call === "sample" && attempts.get(id)?.state !== "done")
      violations.push(`the answer to ${id} was paid for and thrown away`);
}

/** A second signal while calls hang: at once. */
async function interrupt(trial: Trial): Promise<number> {
  const signal = trial.random.integer(2) === 0 ? "SIGINT" : "SIGTERM";
  let told = 0;
  const outcome = await startWatched(trial, slow, async (tell) => {
    await waitForCalls(trial.place);
    tell(signal);
    // Told again by npm or the shell, it is still the first.
    await wait(30);
    tell(signal);
    await wait(repeatMs + 50);
    told = performance.now();
    tell(signal);
  });
  trial.kills += 1;
  trial.secondMs = performance.now() - told;
  judgeEnd(trial, outcome, signal);
  if (told === 0) trial.violations.push("one Ctrl-C that came twice ended it");
  return mostInFlight;
}

/** Calls that never come back are waited for as long as was said and no longer. */
async function expire(trial: Trial): Promise<number> {
  const drainMs = 300;
  const outcome = await startWatched(trial, { ...slow, drainMs }, async (tell) => {
    await waitForCalls(trial.place);
    tell("SIGTERM");
  });
  trial.kills += 1;
  judgeEnd(trial, outcome, "SIGTERM");
  if (!outcome.stderr.includes("not at rest after")) trial.violations.push(`did not say that it gave up`);
  return mostInFlight;
}

/** Stopped and continued, it goes on as if nothing had been. */
async function pause(trial: Trial): Promise<number> {
  const { random, wallMs } = trial;
  const outcome = await startWatched(trial, settings, async (tell) => {
    for (const signal of ["SIGTSTP", "SIGSTOP"] as const) {
      await wait(random.uniform() * wallMs * 0.5);
      tell(signal);
      await wait(150);
      tell("SIGCONT");
    }
  });
  if (outcome.code !== 0) trial.violations.push(`stopped and continued, it ended with ${outcome.code}`);
  return 0;
}

/** Runs with someone beside it who sends signals; both have come to rest when this resolves. */
async function startWatched(
  trial: Trial,
  told: StartOptions["settings"],
  act: (tell: (signal: NodeJS.Signals) => void) => Promise<void>,
): Promise<Outcome> {
  let acting: Promise<void> | undefined;
  const outcome = await start(trial.place, {
    ...trial.options.start,
    settings: told ?? {},
    watch: (child) => {
      acting = act((signal) => {
        if (child.kill(signal)) trial.signals += 1;
      });
    },
  });
  await acting;
  trial.violations.push(...findStack(outcome));
  return outcome;
}

function judgeEnd({ violations }: Trial, { code, signal, stderr }: Outcome, told: NodeJS.Signals): void {
  if (signal === told || code === 0 || code === codeBySignal[told]) return;
  violations.push(`${told} ended it with ${code ?? signal}: ${stderr}`);
}

async function waitForCalls({ books }: Place): Promise<void> {
  for (let tries = 0; tries < 3000; tries++) {
    if (readBills(books).length > 1) return;
    await wait(10);
  }
  throw new Error("the run never called the provider");
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
