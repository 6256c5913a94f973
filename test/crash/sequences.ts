// R17: random sequences of what users and machines do to a run, through the real command line and the scripted provider,
// held against model.ts. A sequence that breaks something is made as short as it can be and told.

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "../helpers/properties.ts";
import type { Asked, Bench, Ended } from "./bench.ts";
import { type RunDump, readClosedAttempts, readDump } from "./dump.ts";
import type { LaboratoryOptions, LaboratoryResult } from "./laboratory.ts";
import {
  createEdit,
  createEnd,
  createLoss,
  createResume,
  createRun,
  createTwo,
  finish,
  type Model,
  type Step,
} from "./model.ts";
import { compareBooks, countRepeats } from "./oracle.ts";
import { createPlace, type Outcome, startRefeed } from "./processes.ts";

export interface SequencesOptions extends LaboratoryOptions {
  /** Commands of a sequence, at most. */
  readonly most?: number;
  /** No new sequence is begun after so long, milliseconds. */
  readonly limitMs?: number;
}

export interface SequencesResult extends LaboratoryResult {
  readonly steps: number;
}

const first: Asked = { keep: 50, generations: 1, arms: 1, seeds: 1, faults: false };

const moment = fc.double({ min: 0.1, max: 1.1, noNaN: true });

/** Runs as often as all else together, so that there is something to lose. */
const commands = [
  fc.constant(null).map(createRun),
  fc.constant(null).map(createResume),
  fc.constant(null).map(createTwo),
  moment.map((at) => createEnd({ signal: "SIGKILL", at })),
  moment.map((at) => createEnd({ signal: "SIGKILL", at })),
  moment.map((at) => createEnd({ signal: "SIGINT", at })),
  fc.constantFrom(50, 75).map((keep) => createEdit({ keep })),
  fc.constantFrom(1, 2).map((generations) => createEdit({ generations })),
  fc.constantFrom(1, 2).map((arms) => createEdit({ arms })),
  fc.constantFrom(1, 2).map((seeds) => createEdit({ seeds })),
  fc.boolean().map((faults) => createEdit({ faults })),
  fc.constantFrom("model" as const, "report" as const).map(createLoss),
];

/** Sequences that once broke something, or nearly, as short as they can be; every counterexample that is found joins them. */
const kept: readonly (readonly Step[])[] = [
  // Told to stop while the change is accepted, changed back, and a model gone that a further generation needs.
  [
    createRun(),
    createEdit({ keep: 75 }),
    createEnd({ signal: "SIGINT", at: 0.6 }),
    createEdit({ keep: 50, generations: 2 }),
    createLoss("model"),
    createRun(),
  ],
  // Killed within the accepted change, then resumed by a record that nobody knows how far it came.
  [createRun(), createEdit({ arms: 2 }), createEnd({ signal: "SIGKILL", at: 0.6 }), createResume(), createTwo()],
];

/** `count` is of sequences. */
export async function runSequences(options: SequencesOptions): Promise<SequencesResult> {
  const { folder, seed, count = 1000, most = 40, limitMs } = options;
  const tally: Tally = { steps: 0, kills: 0, signals: 0, runs: 0 };
  const fresh = createFresh(folder);
  let number = 0;
  const trySequence = async (sequence: Iterable<Step>): Promise<void> => {
    const root = join(folder, `sequence-${number++}`);
    mkdirSync(root);
    const bench = createBench(root, { options, tally, fresh });
    bench.write(first);
    const model: Model = { asked: first, recorded: null, isDone: false, mayRepeat: 0 };
    await fc.asyncModelRun(() => ({ model, real: bench }), sequence);
    await finish(model, bench);
    bench.check(model.mayRepeat);
    tally.runs += 1;
    rmSync(root, { recursive: true });
  };
  for (const sequence of kept) {
    try {
      await trySequence(sequence);
    } catch (error) {
      const violation = `${sequence.join(", ")}: ${error instanceof Error ? error.message : error}`;
      return createResult(tally, [violation]);
    }
  }
  const property = fc.asyncProperty(fc.commands(commands, { maxCommands: most, size: "max" }), trySequence);
  const details = await fc.check(property, {
    seed,
    numRuns: count,
    ...(limitMs !== undefined && { interruptAfterTimeLimit: limitMs }),
  });
  const { failed, counterexample, errorInstance } = details;
  const violations = failed
    ? [`${String(counterexample?.[0])}: ${errorInstance instanceof Error ? errorInstance.message : errorInstance}`]
    : [];
  return createResult(tally, violations);
}

function createResult({ runs, kills, signals, steps }: Tally, violations: readonly string[]): SequencesResult {
  return { runs, kills, faults: signals, steps, violations };
}

interface Tally {
  steps: number;
  kills: number;
  signals: number;
  runs: number;
}

interface BenchParts {
  readonly options: LaboratoryOptions;
  readonly tally: Tally;
  readonly fresh: (asked: Asked) => Promise<Fresh>;
}

function createBench(root: string, { options, tally, fresh }: BenchParts): Bench {
  const place = createPlace(root, "place");
  const file = join(root, "place", "laboratory.yaml");
  let closed: ReadonlyMap<string, string> = new Map();
  let asked = first;
  const run = ["run", file, "--run", place.run, "--quiet"];
  const startLine = async (args: readonly string[], end?: Parameters<Bench["start"]>[0]["end"]): Promise<Ended> => {
    tally.steps += 1;
    const { wallMs } = await fresh(asked);
    let isTold = false;
    const outcome = await startRefeed(args, {
      ...options.start,
      watch: (child) => {
        if (end === undefined) return;
        const tell = (): void => {
          isTold = child.kill(end.signal);
        };
        const timer = setTimeout(tell, end.at * wallMs);
        child.once("exit", () => clearTimeout(timer));
      },
    });
    if (isTold && end?.signal === "SIGKILL") tally.kills += 1;
    else if (isTold) tally.signals += 1;
    return createEnded(outcome);
  };
  return {
    write(now) {
      asked = now;
      writeFileSync(file, renderExperiment(now));
    },
    start: ({ accepts, resumes, end }) =>
      startLine(resumes ? ["resume", place.run, "--quiet"] : [...run, ...(accepts ? ["--accept-changes"] : [])], end),
    startTwo: () => Promise.all([0, 1].map(() => startLine([...run, "--accept-changes"]))),
    deleteModel() {
      const artifacts = join(place.run, "artifacts");
      const [name] = existsSync(artifacts) ? readdirSync(artifacts).sort() : [];
      if (name !== undefined) rmSync(join(artifacts, name));
    },
    deleteReport: () => rmSync(join(place.run, "report"), { recursive: true, force: true }),
    check(mayRepeat) {
      if (!existsSync(join(place.run, "resolved.json"))) return;
      const now = readClosedAttempts(place.run);
      for (const [attempt, once] of closed)
        if (now.get(attempt) !== once) throw new Error(`attempt ${attempt} was closed and made again`);
      closed = now;
      const repeats = countRepeats(place);
      if (repeats > mayRepeat) throw new Error(`${repeats} calls were paid twice, not ${mayRepeat}`);
    },
    async compare(now) {
      const { files } = readDump(place.run);
      const { expected } = await fresh(now);
      const names = Object.keys({ ...files, ...expected.files }).filter((name) => name.startsWith("report/"));
      const others = names.filter((name) => files[name] !== expected.files[name]);
      if (others.length > 0) throw new Error(`not those of a new run: ${others.join(", ")}`);
      // What an earlier file asked for and this one does not may have been left half way.
      const open = readOpenAttempts(place.run).map((attempt) => `attempt ${attempt} is left open`);
      const wrong = [...open, ...compareBooks(place).filter((text) => !/^attempt .+ is left /.test(text))];
      if (wrong.length > 0) throw new Error(wrong.join("; "));
    },
  };
}

function readOpenAttempts(run: string): readonly string[] {
  const connection = new Database(join(run, "state.db"), { readonly: true });
  try {
    return connection
      .prepare<[], string>(
        `SELECT s.key || '/' || a.key FROM attempt a JOIN stage s ON s.id = a.stage_id
         WHERE s.planned = 1 AND a.state <> 'done'`,
      )
      .pluck()
      .all();
  } finally {
    connection.close();
  }
}

interface Fresh {
  readonly expected: RunDump;
  readonly wallMs: number;
}

/** New, uninterrupted runs of every file that was asked for; never with a bug planted. */
function createFresh(folder: string): (asked: Asked) => Promise<Fresh> {
  const known = new Map<string, Promise<Fresh>>();
  const make = async (asked: Asked): Promise<Fresh> => {
    const place = createPlace(folder, `new-${known.size}`);
    const file = join(place.run, "../laboratory.yaml");
    writeFileSync(file, renderExperiment(asked));
    const { code, stderr, wallMs } = await startRefeed(["run", file, "--run", place.run, "--quiet"]);
    if (code !== 0) throw new Error(`the uninterrupted run failed: ${stderr}`);
    return { expected: readDump(place.run), wallMs };
  };
  return (asked) => {
    const name = JSON.stringify(asked);
    const found = known.get(name) ?? make(asked);
    known.set(name, found);
    return found;
  };
}

function createEnded({ code, signal, stderr, stdout }: Outcome): Ended {
  if (/internal error|^ +at /m.test(stderr + stdout)) throw new Error(`a stack was shown: ${stderr}`);
  return { code, isKilled: signal !== null, stderr };
}

function renderExperiment({ keep, generations, arms, seeds, faults }: Asked): string {
  const calls = faults ? "{ busy: 0.2 }" : "{}";
  const more = arms > 1 ? "\n  - { corpus: accumulate, verifier: none }" : "";
  return `schema: 1
name: laboratory
dataset: { name: newswire, train: 12, test: 4 }
model: { trainer: scripted, script: { folder: books, price: 0.01, words: 4, width: 4, delayMs: 3, calls: ${calls} } }
generations: ${generations}
real: 50%
arms:
  - { corpus: replace, verifier: oracle, select.keep: ${keep}% }${more}
seeds: ${JSON.stringify(Array.from({ length: seeds }, (_, seed) => seed))}
evaluate: { metrics: [rouge1] }
`;
}
