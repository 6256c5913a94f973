// Lets the loop run over a run folder: what a stage is lent, how the run's state is told, what is deleted at the end.

import type { Answered, Budget, Clock, Context, Spending } from "../domain/context.ts";
import type { StageRequest } from "../domain/records.ts";
import type { Execute, Trial } from "../domain/stage.ts";
import { CancelledError } from "../errors.ts";
import { createDurableExecutor } from "../loop/durable.ts";
import type { LoopEvent } from "../loop/event.ts";
import { simulateTrial } from "../loop/memory.ts";
import { runTrials } from "../loop/trials.ts";
import type { RunFolder } from "../store/run-folder.ts";
import type { Composition } from "./compose/compose.ts";
import type { Expected } from "./outlook/forecast.ts";
import type { PreparedExperiment } from "./prepare.ts";

export type RunEvent =
  | LoopEvent
  /** The endpoint goes without these of its servers from now on; without none where all are there again. */
  | { readonly kind: "servers-left-out"; readonly endpoint: string; readonly urls: readonly string[] }
  | {
      readonly kind: "run-planned";
      readonly stageCount: number;
      readonly doneCount: number;
      readonly trialCount: number;
      /** Stages still to be run, by kind. */
      readonly openByKind: Readonly<Record<string, number>>;
      /** What the whole run was expected to send out of the process. */
      readonly expected: Expected;
      readonly budget: Partial<Budget>;
      /** What has left the process over the whole run, and what is reserved. */
      readonly readSpending: () => Spending;
      /** Of it, what was answered, by the keys of stages. */
      readonly readAnswered: () => ReadonlyMap<string, Answered>;
      /** What is waited for outside just now, as `teacher waits 12 s: nobody listens there`. */
      readonly readWaits: () => readonly string[];
    };

export interface RunWorld {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** The value of an environment variable: keys of vendors come from there alone. Without it there is none. */
  readonly readSecret?: (name: string) => string | undefined;
  readonly onEvent: (event: RunEvent) => void;
  /** Who holds the run's lock, for the message another process gets. */
  readonly holder: Readonly<Record<string, string | number>>;
}

/** Of a composition what its stages need. */
type Staged = Pick<Composition, "system" | "trials" | "checkLint" | "proveEndpoints">;

/** Proves whoever `open` stages ask, and runs every trial; the run is then done, interrupted or failed, and says so. */
export async function runStages(
  folder: RunFolder,
  { composition, open }: { readonly composition: Staged; readonly open: readonly StageRequest[] },
  world: RunWorld,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([world.signal, stop.signal]);
  // Evaluations go on beside their trial: a run that stops waits for what they have sent as well.
  const underWay = new Set<Promise<unknown>>();
  const { system, trials, checkLint } = composition;
  const createContext = (key: string, report: Context["progress"]["report"]): Context => {
    return { key, signal, clock: world.clock, ledger: folder.createLedger(key), progress: { report } };
  };
  const perform = createDurableExecutor({
    records: folder.records,
    signal,
    onEvent: world.onEvent,
    perform: (request) => {
      const { key, description, inputs } = request;
      const context = createContext(key, (doneCount, totalCount) =>
        world.onEvent({ kind: "stage-progress", request, doneCount, totalCount }),
      );
      const work =
        description.kind === "trial"
          ? simulateTrial(description.turn as Trial, system, context)
          : system.perform(description, inputs, context);
      underWay.add(work);
      const leave = (): void => void underWay.delete(work);
      work.then(leave, leave);
      return work;
    },
  });
  // What a turn asked for is looked at before anything is made from it, whether it was run or read back.
  const execute: Execute = async (description) => {
    const stage = await perform(description);
    await checkLint?.(stage, description, signal);
    return stage;
  };
  await folder.writeState("running", null);
  try {
    await composition.proveEndpoints?.(open, (key) => createContext(key, () => undefined));
    await runTrials(trials, system, execute, {
      concurrency: concurrentTrials,
      onFailure: (error) => stop.abort(error),
    });
    await folder.writeState("done", null);
  } catch (error) {
    await Promise.allSettled(underWay);
    const cause = world.signal.aborted ? world.signal.reason : error;
    const state = cause instanceof CancelledError ? "interrupted" : "failed";
    // A disk that is full cannot record that it is full; the error itself is what matters.
    await folder.writeState(state, cause instanceof Error ? cause.message : String(cause)).catch(() => undefined);
    throw cause;
  }
}

/** Enough to keep every worker busy at the ends of stages, few enough to keep memory flat. */
const concurrentTrials = 16;

/** keepModels: artifacts of models that no later stage needs are deleted; their rows and digests stay. */
export async function releaseModels(folder: RunFolder, { experiment }: PreparedExperiment): Promise<void> {
  if (experiment.keepModels === "all") return;
  for (const { digest, isLast } of folder.readModels()) {
    if (experiment.keepModels === "none" || !isLast) await folder.artifacts.release(digest);
  }
}
