// What an experiment asks for, how much of it a run folder already holds, and what a change costs. Walks the loop; runs
// nothing and writes nothing.

import type { DescribedStage } from "../loop/describing.ts";
import { type KnownRun, type KnownStage, noRun, readKnownRun } from "../store/known-stages.ts";
import { isRunFolder } from "../store/run-folder.ts";
import { type Arm, pairArms } from "./change/arm-pairs.ts";
import { computeDifference } from "./change/difference.ts";
import { type ChangeImpact, type Counts, computeImpact, countKinds, type Why } from "./change/impact.ts";
import { findSuccessions } from "./change/succession.ts";
import { composeExperiment } from "./compose/compose.ts";
import { createEstimate } from "./outlook/estimate.ts";
import type { PreparedExperiment, RunRecordSource } from "./prepare.ts";
import { describeStages } from "./stage-list.ts";

export { describeStages } from "./stage-list.ts";

export interface PlanRow extends Cost {
  readonly key: string;
  readonly kind: string;
  readonly arms: readonly string[];
  readonly seed: number;
  readonly generation: number;
  /** `stale`: a finished stage stands in its place under another key. */
  readonly state: "done" | "stale" | "new";
  /** The changed fields that make it stale. */
  readonly why: readonly Why[];
  /** The key of that finished stage. */
  readonly replaces: string | null;
}

/** What it took (done), what the stage in its place took (stale), what its kind takes on average in this run (new). */
export interface Cost {
  /** Calls and tokens that leave the process, and what they cost. */
  readonly calls: number;
  readonly tokens: number;
  readonly usd: number;
  /** Of stages to come, what they add to the wall clock; null where nothing is known. */
  readonly seconds: number | null;
}

export interface Plan {
  readonly rows: readonly PlanRow[];
  /** What changed since the run folder was made; empty where there is none. */
  readonly changes: readonly ChangeImpact[];
  /** Finished stages that go on being used. */
  readonly reused: Counts;
  /** Finished stages that the experiment asked for and does not any more, and those in whose place nothing stands now. */
  readonly lost: Counts;
  readonly dropped: Counts;
  /** The stale rows and what doing them anew costs. */
  readonly redo: Cost & { readonly stages: Counts };
}

/** Plans an experiment against a run folder, which need not exist. */
export async function readPlan(
  prepared: PreparedExperiment,
  directory: string,
): Promise<Plan & { readonly trialCount: number }> {
  const composition = await composeExperiment(prepared, null);
  try {
    const described = await describeStages(composition.trials, composition.system);
    const known = (await isRunFolder(directory)) ? readKnownRun(directory) : noRun;
    return { ...(await comparePlan(described, known, prepared)), trialCount: composition.trials.length };
  } finally {
    await composition.close();
  }
}

/** Compares what is asked for with what a run folder holds, and says of every difference what it comes to. */
export async function comparePlan(
  described: readonly DescribedStage[],
  known: KnownRun,
  prepared: PreparedExperiment,
): Promise<Plan> {
  const before = known.resolved as unknown as RunRecordSource | null;
  const asked = new Set(described.map(({ key }) => key));
  const lost = known.stages.filter(({ key, isDone, isPlanned }) => isDone && isPlanned && !asked.has(key));
  const impact = before ? await computeImpact(lost, before, prepared) : { changes: [], whyByKey: new Map() };
  const knownByKey = new Map(known.stages.map((stage) => [stage.key, stage]));
  const open = described.filter(({ key }) => !knownByKey.get(key)?.isDone);
  const pairs = before ? pairArms(before.experiment.arms, prepared.experiment.arms as readonly Arm[]) : [];
  const replaced = findSuccessions(open, lost, new Map(pairs.map(([old, arm]) => [arm.id, old.id])));
  const meanByKind = computeMeans(known.stages);
  const estimate = createEstimate(prepared);
  const rows = described.map(({ key, description, turns }): PlanRow => {
    const own = knownByKey.get(key);
    const old = replaced.get(key);
    const done = own?.isDone === true ? own : undefined;
    const mean = meanByKind.get(description.kind) ?? unknown;
    const { calls, tokens, usd, seconds } = done ?? old ?? { ...mean, ...estimate(description, own?.answered ?? 0) };
    return {
      key,
      kind: description.kind,
      arms: [...new Set(turns.map(({ arm }) => arm.id))],
      seed: description.turn.seed,
      generation: description.turn.generation,
      state: done ? "done" : old ? "stale" : "new",
      why: old ? (impact.whyByKey.get(old.key) ?? []) : [],
      replaces: old?.key ?? null,
      calls: Math.round(calls),
      tokens: Math.round(tokens),
      usd,
      // Stages of a run overlap: one more adds less to the wall clock than it takes.
      seconds: done || seconds === null ? seconds : seconds * known.overlap,
    };
  });
  const successors = new Set([...replaced.values()].map(({ key }) => key));
  const stale = rows.filter(({ state }) => state === "stale");
  return {
    rows,
    changes: [...impact.changes, ...listMakings(described, replaced, impact.whyByKey)],
    reused: countKinds(rows.filter(({ state }) => state === "done")),
    lost: countKinds(lost),
    dropped: countKinds(lost.filter(({ key }) => !successors.has(key))),
    redo: { stages: countKinds(stale), ...addCosts(stale) },
  };
}

const unknown: Cost = { calls: 0, tokens: 0, usd: 0, seconds: null };

/** The sum of what stages cost; their seconds are known only where those of each are. */
export function addCosts(stages: readonly Cost[]): Cost {
  const sum = (read: (cost: Cost) => number): number => stages.reduce((total, cost) => total + read(cost), 0);
  return {
    calls: sum(({ calls }) => calls),
    tokens: sum(({ tokens }) => tokens),
    usd: sum(({ usd }) => usd),
    seconds: stages.every(({ seconds }) => seconds !== null) ? sum(({ seconds }) => seconds ?? 0) : null,
  };
}

function computeMeans(known: readonly KnownStage[]): ReadonlyMap<string, Cost> {
  const kinds = Map.groupBy(
    known.filter(({ seconds }) => seconds !== null),
    ({ kind }) => kind,
  );
  return new Map(
    [...kinds].map(([kind, stages]) => {
      const { calls, tokens, usd, seconds } = addCosts(stages);
      const { length } = stages;
      const mean = { calls: calls / length, tokens: tokens / length, usd: usd / length };
      return [kind, { ...mean, seconds: seconds === null ? null : seconds / length }];
    }),
  );
}

/** Where this program makes a stage in another way: what of its parameters or its version is another. */
function listMakings(
  described: readonly DescribedStage[],
  replaced: ReadonlyMap<string, KnownStage>,
  whyByKey: ReadonlyMap<string, readonly Why[]>,
): readonly ChangeImpact[] {
  const found = new Map<string, ChangeImpact>();
  for (const { key, description } of described) {
    const old = replaced.get(key);
    const isMade =
      old && whyByKey.get(old.key)?.some(({ field, through }) => field === "refeed" && through.length === 0);
    if (!old || !isMade) continue;
    const { kind, version, parameters } = description;
    const one = { version: old.version, parameters: old.parameters };
    for (const { path, before, after } of computeDifference(one, { version, parameters })) {
      const field = `refeed.${kind}.${path.filter((name) => name !== "parameters").join(".")}`;
      found.set(`${field} ${before} ${after}`, { field, before, after, stale: {}, own: {} });
    }
  }
  return [...found.values()];
}
