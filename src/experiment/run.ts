// Runs an experiment in its folder: composes the system, plans by walking the loop, and lets the loop run.
// Running again is resuming; a changed experiment is told field by field before anything is touched.

import { join } from "node:path";
import type { Json } from "../keys/canonical.ts";
import { readKnownRun } from "../store/known-stages.ts";
import { databaseName, openRunFolder, type RunFolder } from "../store/run-folder.ts";
import { createDamageError } from "../store/witness/damage.ts";
import { createChangeError } from "./change/refusal.ts";
import { type Composition, composeExperiment, type Lent } from "./compose/compose.ts";
import { createExpected } from "./outlook/forecast.ts";
import { comparePlan, describeStages } from "./plan.ts";
import type { PreparedExperiment } from "./prepare.ts";
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

/** Refuses a changed experiment, or records what this one asks for. */
async function recordPlan(
  { prepared, acceptChanges, maxCost }: RunRequest,
  folder: RunFolder,
  composition: Composition,
) {
  const { experiment, materials } = prepared;
  const described = await describeStages(composition.trials, composition.system);
  const asked = new Set(described.map(({ key }) => key));
  const finished = folder.finishedStages();
  // What was paid for an unfinished stage is lost with it as much as that of a finished one.
  const held = [...finished.filter(({ isStale }) => !isStale), ...folder.paidStages()];
  const lost = held.filter(({ key }) => !asked.has(key));
  const damaged = lost.find(({ key }) => !folder.isWholeStage(key));
  if (damaged)
    throw createDamageError(`the record of a ${damaged.kind} stage is damaged`, join(folder.directory, databaseName));
  if (lost.length > 0 && !acceptChanges) {
    throw createChangeError(await comparePlan(described, readKnownRun(folder.directory), prepared), folder.directory);
  }
  // What an earlier experiment left behind and this one asks for again is done as well.
  const done = new Set(finished.flatMap(({ key }) => (asked.has(key) ? [key] : [])));
  const open = described.filter(({ key }) => !done.has(key));
  // Told before anything is recorded. What stages that have begun still need is told by whoever looks at their rows.
  const begun = new Set(folder.begunStages());
  await composition.checkNeeds?.(open.filter(({ key }) => !begun.has(key)));
  for (const dataset of prepared.datasets) await folder.importDataset(dataset);
  await folder.writeRun({
    name: experiment.name,
    source: experiment.source,
    resolved: {
      experiment,
      materials,
      header: composition.header,
      ...(maxCost !== undefined && { maxCost }),
    } as unknown as Json,
  });
  await folder.writePlan(described, composition.arms);
  const openByKind: Record<string, number> = {};
  for (const { description } of open) openByKind[description.kind] = (openByKind[description.kind] ?? 0) + 1;
  const expected = createExpected(described, done, prepared);
  return { stageCount: described.length, doneCount: done.size, open, openByKind, expected };
}
