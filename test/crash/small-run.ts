// A small run of two arms over a real folder and the scripted provider, gone on with exactly as resume does it: from its
// own record, with every check. It can be stopped half way as a signal stops it, and as a kill leaves it.

import { cpSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describeStages } from "../../src/experiment/plan.ts";
import type { Json } from "../../src/keys/canonical.ts";
import { createDurableExecutor } from "../../src/loop/durable.ts";
import { runTrials } from "../../src/loop/trials.ts";
import type { Finding } from "../../src/store/inspection/finding.ts";
import { inspectRun } from "../../src/store/inspection/run-inspection.ts";
import { readKnownRun } from "../../src/store/known-stages.ts";
import { openRecord } from "../../src/store/record.ts";
import { databaseName } from "../../src/store/run-folder.ts";
import { createLanguageArm, createScriptedSystem, openLanguageFolder } from "../helpers/language-run.ts";
import { systemClock } from "../helpers/temporary-folder.ts";

const createArms = (generations: number) => [
  createLanguageArm("picked", { verifier: "self", selection: { best: null, threshold: null, keep: 0.5 } }, generations),
  createLanguageArm("all", { corpus: { kind: "accumulate" }, start: "previous" }, generations),
];

const resolved: Json = {
  experiment: { source: "name: small\n" },
  materials: null,
  header: { source: "name: small\n", system: "language", seeds: [0], metrics: [], facts: [], lint: {} },
};

export interface SmallRunOptions {
  /** Called after each finished stage, with how many that are. */
  readonly onFinished?: (count: number) => void;
  readonly signal?: AbortSignal;
  /** 2 unless given. */
  readonly generations?: number;
}

/** Starts the run or goes on with it; rejects with what refeed resume would tell. */
export async function goOn(directory: string, options: SmallRunOptions = {}, isNew = false): Promise<void> {
  if (!isNew) readKnownRun(directory);
  const signal = options.signal ?? new AbortController().signal;
  const arms = createArms(options.generations ?? 2);
  const trials = arms.map((arm) => ({ arm, seed: 0 }));
  const folder = await openLanguageFolder(directory);
  try {
    const system = createScriptedSystem(folder.shelf);
    const described = await describeStages(trials, system);
    const asked = new Set(described.map(({ key }) => key));
    for (const { key } of folder.finishedStages()) {
      if (!asked.has(key) && !folder.isWholeStage(key)) throw new Error(`a finished stage has another key: ${key}`);
    }
    await folder.writeRun({ name: "small", source: "name: small\n", resolved });
    const fields = { corpus: "x" };
    await folder.writePlan(
      described,
      arms.map(({ id, generations }) => ({ id, generations, isLine: false, fields })),
    );
    await folder.check(signal);
    let finishedCount = 0;
    const execute = createDurableExecutor({
      records: folder.records,
      signal,
      onEvent: ({ kind }) => {
        if (kind === "stage-finished") options.onFinished?.(++finishedCount);
      },
      perform: ({ key, description, inputs }) =>
        system.perform(description, inputs, {
          key,
          signal,
          clock: systemClock,
          ledger: folder.createLedger(key),
          progress: { report: () => undefined },
        }),
    });
    await runTrials(trials, system, execute, { concurrency: 2, onFailure: () => undefined });
    await folder.writeState("done", null);
  } finally {
    await folder.close();
  }
  readReport(directory);
}

/** What a report reads; it must not show what was not measured. */
function readReport(directory: string): void {
  const record = openRecord(directory);
  try {
    for (const _ of record.measurements());
    record.examples(2);
  } finally {
    record.close();
  }
}

/** Folders of the run stopped half way: `closed` by a signal, `killed` with all in the log, `copied` with some of it copied back. */
export async function makeStopped(folder: string): Promise<Readonly<Record<string, string>>> {
  const whole = join(folder, "whole");
  await goOn(whole, {}, true);
  const [closed, killed, copied, live] = ["closed", "killed", "copied", "live"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  const half = 14;
  await goOn(
    live,
    {
      onFinished: (count) => {
        if (count === half - 3) checkpoint(live);
        if (count === half) cpSync(live, copied, { recursive: true });
      },
    },
    true,
  );
  const stop = new AbortController();
  const reason = new Error("stopped half way");
  const onFinished = (count: number): void => {
    if (count === half - 1) cpSync(closed, killed, { recursive: true });
    if (count === half) stop.abort(reason);
  };
  await goOn(closed, { onFinished, signal: stop.signal }, true).catch((error) => {
    if (error !== reason) throw error;
  });
  return { whole, closed, killed, copied };
}

function checkpoint(directory: string): void {
  const connection = new Database(join(directory, databaseName));
  connection.pragma("wal_checkpoint(PASSIVE)");
  // Closing it would not be the last connection's closing: the log stays.
  connection.close();
}

export async function inspect(directory: string): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const options = { signal: new AbortController().signal, report: () => undefined };
  for await (const finding of inspectRun(directory, options)) findings.push(finding);
  return findings;
}
