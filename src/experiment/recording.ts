// What a run records before anything runs: the plan of its experiment. What would be lost by that, or paid for twice, is
// refused first, unless it is accepted.

import { join } from "node:path";
import type { Json } from "../keys/canonical.ts";
import { readKnownRun } from "../store/known-stages.ts";
import { databaseName, type RunFolder } from "../store/run-folder.ts";
import { createDamageError } from "../store/witness/damage.ts";
import { createChangeError } from "./change/refusal.ts";
import type { Composition } from "./compose/compose.ts";
import { checkBatches } from "./hosted/batches.ts";
import { createExpected } from "./outlook/forecast.ts";
import { comparePlan, describeStages } from "./plan.ts";
import type { PreparedExperiment } from "./prepare.ts";

interface Recorded {
  readonly prepared: PreparedExperiment;
  readonly acceptChanges: boolean;
  readonly maxCost?: number | undefined;
}

/** Refuses a changed experiment, or records what this one asks for. */
export async function recordPlan(
  { prepared, acceptChanges, maxCost }: Recorded,
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
  if (!acceptChanges) checkBatches(open, folder.handedInRequests(), prepared);
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
