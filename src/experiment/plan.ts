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
  /** `stale`: a stage that is finished, or paid for in part, stands in its place under another key. */
  readonly state: "done" | "stale" | "new";
  /** The changed fields that make it stale. */
  readonly why: readonly Why[];
  /** The key of that stage. */
  readonly replaces: string | null;
}

/**
 * What it took (done), what the finished stage in its place took (stale), what its kind takes on average in this run (new);
 * what is asked outside, new or in place of an unfinished stage, costs as it is estimated.
 */
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
  /** Finished stages that the experiment asked for and does not any more. */
  readonly lost: Counts;
  /** Unfinished ones of that kind that were paid for, and what was paid. */
  readonly unfinished: Omit<Cost, "seconds"> & { readonly stages: Counts };
  /** Of both, those in whose place nothing stands now. */
  readonly dropped: Counts;
  /** The stale rows and what doing them anew costs: of an unfinished stage what was paid for it, where that is needed again. */
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
  const lost = known.stages.filter(
    ({ key, isDone, isPlanned, answered }) => isPlanned && !asked.has(key) && (isDone || answered > 0),
  );
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
    const taken = done ?? (old?.isDone ? old : undefined);
    const { calls, tokens, usd, seconds } = taken ?? { ...mean, ...estimate(description, own?.answered ?? 0) };
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
  const [finished, unfinished] = [lost.filter(({ isDone }) => isDone), lost.filter(({ isDone }) => !isDone)];
  const { seconds: _, ...paid } = addCosts(unfinished);
  return {
    rows,
    changes: [...impact.changes, ...listMakings(described, replaced, impact.whyByKey)],
    reused: countKinds(rows.filter(({ state }) => state === "done")),
    lost: countKinds(finished),
    unfinished: { stages: countKinds(unfinished), ...paid },
    dropped: countKinds(lost.filter(({ key }) => !successors.has(key))),
    redo: { stages: countKinds(stale), ...addCosts(stale.map((row) => priceAnew(row, replaced.get(row.key)))) },
  };
}

/** Of an unfinished stage only what was paid is done anew, and no more of it than the one in its place will ask for. */
function priceAnew(row: PlanRow, old: KnownStage | undefined): Cost {
  if (old === undefined || old.isDone) return row;
  const least = (unit: "calls" | "tokens" | "usd"): number => Math.min(row[unit], old[unit]);
  return { calls: least("calls"), tokens: least("tokens"), usd: least("usd"), seconds: row.seconds };
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
      found.set(`${field} ${before} ${after}`, { field, before, after, stale: {}, unfinished: {}, own: {} });
    }
  }
  return [...found.values()];
}
