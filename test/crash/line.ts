// Small runs through the real command line: what is typed, and the run that nothing happened to.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type RunDump, readDump } from "./dump.ts";
import { compareDumps } from "./oracle.ts";
import { type Outcome, type StartOptions, startRefeed } from "./processes.ts";

/** One with texts and worker threads, one without either. */
export const lineByName = {
  newswire: [
    ...["newswire", "scale=tiny", "dataset.train=80", "dataset.test=20", "evaluate.metrics=[rouge1, loss]", "lines={}"],
    "arms=[{corpus: replace, verifier: [oracle, self], select.keep: 25%}]",
  ],
  gaussian: ["gaussian", "seeds={count: 12, first: 0}", "generations=60"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type LineName = keyof typeof lineByName;

export const lineNames = Object.keys(lineByName) as readonly LineName[];

export interface Line {
  readonly name: LineName;
  readonly run: string;
}

/** Arguments of `refeed run`. */
export function createArguments({ name, run }: Line): readonly string[] {
  const [experiment, ...sets] = lineByName[name];
  return ["run", experiment, ...sets.flatMap((set) => ["--set", set]), "--run", run];
}

export function startLine(line: Line, options: Omit<StartOptions, "settings"> = {}): Promise<Outcome> {
  return startRefeed(createArguments(line), options);
}

export interface LineBaseline {
  readonly run: string;
  readonly expected: RunDump;
  readonly wallMs: number;
}

/** The uninterrupted run; never with a bug planted. */
export async function createLineBaseline(folder: string, name: LineName): Promise<LineBaseline> {
  mkdirSync(folder, { recursive: true });
  const run = join(folder, `whole-${name}`);
  const { code, stderr, wallMs } = await startLine({ name, run });
  if (code !== 0) throw new Error(`the uninterrupted run of ${name} failed: ${stderr}`);
  return { run, expected: readDump(run), wallMs };
}

/** What is wrong with a finished run; its report is among the files. */
export function findDifferences(run: string, expected: RunDump): readonly string[] {
  try {
    return compareDumps(readDump(run), expected);
  } catch (error) {
    return [`the run cannot be read: ${(error as Error).message}`];
  }
}

/** A stack trace is never shown for anything that is done to a run. */
export function findStack({ stdout, stderr }: Outcome): readonly string[] {
  return /internal error|^ +at /m.test(stdout + stderr) ? [`a stack was shown: ${stderr}`] : [];
}
