// One experiment in a process of its own, so that a bug is planted in everything the experiment starts and imports, the
// uninterrupted run included: what the laboratory would say of a product that has the bug.
// node --import hook.ts trial.ts <experiment> <empty folder> <options as JSON>

import { runAlterations } from "../alterations.ts";
import { runClocks } from "../clocks.ts";
import { runConstraints } from "../constraints.ts";
import { runDiskFull } from "../disk.ts";
import { runHosted } from "../hosted.ts";
import { runKills } from "../kills.ts";
import { type LaboratoryOptions, type LaboratoryResult, laboratorySeed } from "../laboratory.ts";
import { runPlain } from "../plain.ts";
import { runPoints } from "../points.ts";
import { runPower } from "../power.ts";
import { runSignals } from "../signals.ts";
import { runSyncs } from "../syncs.ts";
import { runWriters } from "../writers.ts";
import type { ExperimentName } from "./plant.ts";

const experiments: Readonly<Record<ExperimentName, (options: LaboratoryOptions) => Promise<LaboratoryResult>>> = {
  points: runPoints,
  kills: runKills,
  power: runPower,
  syncs: runSyncs,
  full: runDiskFull,
  signals: runSignals,
  writers: runWriters,
  clocks: runClocks,
  plain: runPlain,
  alterations: runAlterations,
  constraints: runConstraints,
  hosted: runHosted,
};

interface TrialOptions {
  readonly count?: number;
  readonly only?: string;
  readonly isBrief?: boolean;
}

const [name = "", folder = "", text = "{}"] = process.argv.slice(2);
const { only, ...rest } = JSON.parse(text) as TrialOptions;
const options = { ...rest, folder, seed: laboratorySeed, ...(only === undefined ? {} : { only: new RegExp(only) }) };
const run = experiments[name as ExperimentName];
const result = await run(options).catch(
  // A run that fails without any fault is seen as well.
  (error: Error): LaboratoryResult => ({ runs: 1, kills: 0, faults: 0, violations: [error.message] }),
);
process.stdout.write(JSON.stringify(result));
