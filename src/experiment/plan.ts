// What an experiment asks for and how much of it a run folder already holds. Walks the loop; runs nothing.

import type { Trial } from "../domain/stage.ts";
import type { System } from "../domain/system.ts";
import { createDescribingExecutor, type DescribedStage } from "../loop/describing.ts";
import { runTrials } from "../loop/trials.ts";
import { type KnownRun, type KnownStage, readKnownRun } from "../store/known-stages.ts";
import { isRunFolder } from "../store/run-folder.ts";
import { composeExperiment } from "./compose/compose.ts";
import type { FieldDifference } from "./difference.ts";
import { computePreparedDifference, type PreparedExperiment, type RunRecordSource } from "./prepare.ts";

export interface PlanRow {
  readonly key: string;
  readonly kind: string;
  readonly arms: readonly string[];
  readonly seed: number;
  readonly generation: number;
  /** `stale`: a finished stage stands in its place under another key. */
  readonly state: "done" | "stale" | "new";
  readonly why: readonly FieldDifference[];
  /** Calls and tokens that leave the process, and what they cost. */
  readonly calls: number;
  readonly tokens: number;
  readonly usd: number;
  /** What it took (done), what the same kind added to the wall clock on average in this run (otherwise), null where nothing is known. */
  readonly seconds: number | null;
}

export interface Plan {
  readonly rows: readonly PlanRow[];
  /** What changed since the run folder was made; empty where there is none. */
  readonly differences: readonly FieldDifference[];
  readonly trialCount: number;
}

/** Plans an experiment against a run folder, which need not exist; writes nothing. */
export async function readPlan(prepared: PreparedExperiment, directory: string): Promise<Plan> {
  const composition = await composeExperiment(prepared, null);
  try {
    const described = await describeStages(composition.trials, composition.system);
    const known = (await isRunFolder(directory)) ? readKnownRun(directory) : { stages: [], overlap: 1, resolved: null };
    const before = known.resolved as unknown as RunRecordSource | null;
    const differences = before ? computePreparedDifference(before, prepared) : [];
    return {
      rows: createPlanRows(described, known, differences),
      differences,
      trialCount: composition.trials.length,
    };
  } finally {
    await composition.close();
  }
}

/** Every stage the trials ask for, inputs before what needs them. */
export async function describeStages<Settings>(
  trials: readonly Trial<Settings>[],
  system: System<Settings>,
): Promise<readonly DescribedStage[]> {
  const { execute, stages } = createDescribingExecutor();
  await runTrials(trials, system, execute, { concurrency: 1, onFailure: () => undefined });
  return [...stages.values()];
}

/**
 * Compares what is asked for with what a run folder holds. `differences` is what changed between the experiment the
 * folder was made by and this one: the reason wherever a finished stage has lost its place.
 */
export function createPlanRows(
  described: readonly DescribedStage[],
  known: Pick<KnownRun, "stages" | "overlap">,
  differences: readonly FieldDifference[],
): readonly PlanRow[] {
  const knownByKey = new Map(known.stages.map((stage) => [stage.key, stage]));
  const asked = new Set(described.map(({ key }) => key));
  const lost = new Set(
    known.stages.filter(({ key, isDone }) => isDone && !asked.has(key)).flatMap(({ places }) => places),
  );
  const secondsByKind = computeMeanSeconds(known.stages);
  return described.map(({ key, description, turns }) => {
    const stage = knownByKey.get(key);
    const isDone = stage?.isDone === true;
    const places = turns.map(({ arm, seed, generation }) => `${arm.id}/${seed}/${generation}/${description.kind}`);
    const isStale = !isDone && places.some((place) => lost.has(place));
    return {
      key,
      kind: description.kind,
      arms: [...new Set(turns.map(({ arm }) => arm.id))],
      seed: description.turn.seed,
      generation: description.turn.generation,
      state: isDone ? "done" : isStale ? "stale" : "new",
      why: isStale ? differences : [],
      calls: 0,
      tokens: 0,
      usd: 0,
      seconds: isDone ? (stage?.seconds ?? null) : scale(secondsByKind.get(description.kind), known.overlap),
    };
  });
}

/** What a stage not yet run will add to the wall clock: stages of a run overlap. */
function scale(seconds: number | undefined, overlap: number): number | null {
  return seconds === undefined ? null : seconds * overlap;
}

function computeMeanSeconds(known: readonly KnownStage[]): ReadonlyMap<string, number> {
  const sums = new Map<string, { seconds: number; count: number }>();
  for (const { kind, seconds } of known) {
    if (seconds === null) continue;
    const sum = sums.get(kind) ?? { seconds: 0, count: 0 };
    sums.set(kind, { seconds: sum.seconds + seconds, count: sum.count + 1 });
  }
  return new Map([...sums].map(([kind, { seconds, count }]) => [kind, seconds / count]));
}
