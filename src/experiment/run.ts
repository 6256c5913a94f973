// Runs an experiment in its folder: composes the system, plans by walking the loop, and lets the loop run.
// Running again is resuming; a changed experiment is told field by field before anything is touched.

import { openRunFolder, type RunFolder } from "../store/run-folder.ts";
import { type Composition, composeExperiment, type Lent } from "./compose/compose.ts";
import type { PreparedExperiment } from "./prepare.ts";
import { recordPlan } from "./recording.ts";
import { type RunWorld, releaseModels, runStages } from "./stages.ts";

export type { RunEvent, RunWorld } from "./stages.ts";

export interface RunRequest {
  readonly prepared: PreparedExperiment;
  readonly directory: string;
  /** Goes on although stages that are finished or were paid for lose their place; they are kept, finished ones as stale. */
  readonly acceptChanges: boolean;
  /** US dollars that may be spent over the whole run, in place of the experiment's own budget. */
  readonly maxCost?: number | undefined;
}

export interface RunOutcome {
  readonly stageCount: number;
  /** Stages that were finished before this process began. */
  readonly reusedCount: number;
  /** Busy milliseconds summed over worker threads, how many there were, and how long all took. */
  readonly busyMs: number;
  readonly workerCount: number;
  readonly wallMs: number;
  /** What left the process over the whole run. */
  readonly spending: ReturnType<RunFolder["readSpending"]>;
}

export async function runExperiment(request: RunRequest, world: RunWorld): Promise<RunOutcome> {
  const { experiment } = request.prepared;
  // Records of older runs hold no budget.
  const budget = { ...experiment.budget, ...(request.maxCost !== undefined && { usd: request.maxCost }) };
  const folder = await openRunFolder(request.directory, { ...world, budget });
  const start = world.clock.monotonic();
  let composition: Composition | undefined;
  try {
    composition = await composeExperiment(request.prepared, lend(request, folder, world));
    const { open, ...plan } = await recordPlan(request, folder, composition);
    const trialCount = composition.trials.length;
    const readWaits = composition.readWaits ?? (() => []);
    const { readSpending, readAnswered } = folder;
    world.onEvent({ kind: "run-planned", ...plan, trialCount, budget, readSpending, readAnswered, readWaits });
    if (plan.doneCount < plan.stageCount) {
      await folder.check(world.signal);
      await runStages(folder, { composition, open }, world);
    }
    // Killed between its last stage and this line, a run is finished all the same.
    else await folder.writeState("done", null);
    await releaseModels(folder, request.prepared);
    const { busyMs, workerCount } = composition.usage();
    const wallMs = world.clock.monotonic() - start;
    const spending = readSpending();
    return { stageCount: plan.stageCount, reusedCount: plan.doneCount, busyMs, workerCount, wallMs, spending };
  } finally {
    try {
      await composition?.close();
    } finally {
      await folder.close();
    }
  }
}

function lend(
  { acceptChanges }: RunRequest,
  { shelf, endpoints, directory }: RunFolder,
  { clock, readSecret, onEvent }: RunWorld,
): Lent {
  const onLeftOut = (endpoint: string, urls: readonly string[]): void =>
    onEvent({ kind: "servers-left-out", endpoint, urls });
  const asking = { clock, records: endpoints, acceptsChange: acceptChanges, onLeftOut };
  return { shelf, directory, hosting: { ...asking, ...(readSecret && { readSecret }) } };
}
