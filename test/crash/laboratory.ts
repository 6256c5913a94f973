// What every experiment of the laboratory is given and returns, so that the same one can be put to the product as it is
// and to the product with a bug planted in it.

import { type RunDump, readDump } from "./dump.ts";
import { createPlace, type Place, type StartOptions, start } from "./processes.ts";

export interface LaboratoryOptions {
  /** An empty folder. */
  readonly folder: string;
  /** Runs to make; every one there is where it is not given. */
  readonly count?: number;
  /** Names the sample; another seed takes others. */
  readonly seed: number;
  /** For every process that is started: settings, and node arguments, such as the hook that plants a bug. */
  readonly start?: Pick<StartOptions, "nodeArguments" | "env" | "settings">;
  /** Of an experiment that has points: those whose name matches. */
  readonly only?: RegExp;
  /** One violation is enough: nothing more is started after it. */
  readonly isBrief?: boolean;
}

export interface LaboratoryResult {
  readonly runs: number;
  readonly kills: number;
  readonly faults: number;
  /** What is wrong, and where it happened; nothing is tolerated. */
  readonly violations: readonly string[];
}

export interface Baseline {
  readonly expected: RunDump;
  readonly wallMs: number;
}

/** The uninterrupted run that all others are held against. Never with a bug planted: `options.start` is not for it. */
export async function createBaseline(folder: string, settings: StartOptions["settings"] = {}): Promise<Baseline> {
  // The first start strips types and fills the cache; the second one is timed.
  let place: Place | undefined;
  let wallMs = 0;
  for (const name of ["first", "whole"]) {
    place = createPlace(folder, name);
    const outcome = await start(place, { settings });
    if (outcome.code !== 0) throw new Error(`the uninterrupted run failed: ${outcome.stderr}`);
    wallMs = outcome.wallMs;
  }
  return { expected: readDump((place as Place).run), wallMs };
}

/** Works through items on as many processes at once as there are cores, or so. */
export async function runAll<Item>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      await work(items[index] as Item, index);
    }
  };
  await Promise.all([worker(), worker()]);
}

/** How often an experiment is repeated: the variable's number, or `usual`; `all` is every one there is. */
export function readCount(variable: string, usual: number): number | undefined {
  const value = process.env[variable] ?? String(usual);
  return value === "all" ? undefined : Number(value);
}

export const laboratorySeed = Number(process.env.REFEED_CRASH_SEED ?? 0);

/** The line of the published table. */
export function describeResult({ runs, kills, faults, violations }: LaboratoryResult): string {
  return `${runs} runs, ${kills} kills, ${faults} faults, ${violations.length} violations`;
}
