// Every stage that trials ask for, found by walking the loop; nothing runs.

import type { Trial } from "../domain/stage.ts";
import type { System } from "../domain/system.ts";
import { createDescribingExecutor, type DescribedStage } from "../loop/describing.ts";
import { runTrials } from "../loop/trials.ts";

/** Inputs before what needs them. */
export async function describeStages<Settings>(
  trials: readonly Trial<Settings>[],
  system: System<Settings>,
): Promise<readonly DescribedStage[]> {
  const { execute, stages } = createDescribingExecutor();
  await runTrials(trials, system, execute, { concurrency: 1, onFailure: () => undefined });
  return [...stages.values()];
}
