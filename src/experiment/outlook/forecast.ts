// What a run will still send and pay, as it can be told while it runs: what is left of each stage, at what calls like these
// have cost so far, and at the estimate only until enough of them were answered. It knows no display.

import type { Answered } from "../../domain/context.ts";
import type { DescribedStage } from "../../loop/describing.ts";
import type { RunRecordSource } from "../prepare.ts";
import { createProofEstimate, estimateStage, nameAlike, type Outside, type StageOutside } from "./estimate.ts";

/** What a run was expected to send outside when it was planned. */
export interface Expected {
  readonly stages: readonly ExpectedStage[];
}

interface ExpectedStage extends StageOutside {
  readonly key: string;
  /** Of stages that are asked alike. */
  readonly name: string;
  readonly isDone: boolean;
  /** What proves its endpoint first. */
  readonly proof: Outside | null;
}

/** How far a run has come. */
export interface Standing {
  /** Over the whole run, by the keys of stages. */
  readonly answered: ReadonlyMap<string, Answered>;
  /** Of stages at work: as they tell it. */
  readonly rowsByKey: ReadonlyMap<string, Rows>;
  readonly isFinished: (key: string) => boolean;
  /** The answers that this process found when it began. */
  readonly answeredAtStart: ReadonlyMap<string, Answered>;
}

export interface Rows {
  readonly done: number;
  readonly total: number;
}

/** What is still to come. */
export interface Forecast {
  readonly calls: number;
  readonly usd: number;
}

/** Answers after which their mean says more than the estimate. */
const tellingCalls = 20;
/** Calls of those expected below which a stage at work takes fewer: its rows are told a moment before its calls are counted. */
const tellingShare = 0.75;

export function createExpected(
  described: readonly DescribedStage[],
  done: ReadonlySet<string>,
  source: RunRecordSource,
): Expected {
  const estimateProof = createProofEstimate(source);
  const stages = described.flatMap(({ key, description }) => {
    const outside = estimateStage(description, source);
    if (outside === undefined || outside.calls === 0) return [];
    const isDone = done.has(key);
    const proof = isDone ? null : (estimateProof(description) ?? null);
    return [{ ...outside, key, name: nameAlike(description, source), isDone, proof }];
  });
  return { stages };
}

export function computeForecast({ stages }: Expected, standing: Standing): Forecast {
  const { answered, answeredAtStart, isFinished } = standing;
  // All endpoints are proved before any of them is asked for work.
  const isProved = addCalls(answered) > addCalls(answeredAtStart);
  const experience = gather(stages, standing);
  let [calls, usd] = [0, 0];
  for (const stage of stages) {
    if (stage.isDone || isFinished(stage.key)) continue;
    const known = experience.get(stage.name) ?? none;
    const left = computeLeft(stage, known, standing);
    calls += left;
    const mean = known.calls >= tellingCalls ? known.usd / known.calls : null;
    usd += left * (mean ?? stage.usd / stage.calls);
    if (stage.proof !== null && !isProved) {
      calls += stage.proof.calls;
      usd += mean === null ? stage.proof.usd : stage.proof.calls * mean;
    }
  }
  return { calls, usd };
}

function addCalls(answered: ReadonlyMap<string, Answered>): number {
  let sum = 0;
  for (const { calls } of answered.values()) sum += calls;
  return sum;
}

interface Experience extends Answered {
  /** Of stages as far as they have come: what they took, and what they were expected to take. */
  readonly tookCalls: number;
  readonly expectedCalls: number;
}

const none: Experience = { calls: 0, usd: 0, tookCalls: 0, expectedCalls: 0 };

/** What calls have cost so far, and how many of those that were expected a stage has come to, by what is asked alike. */
function gather(stages: readonly ExpectedStage[], standing: Standing): ReadonlyMap<string, Experience> {
  const byName = new Map<string, Experience>();
  for (const stage of stages) {
    const own = standing.answered.get(stage.key);
    if (own === undefined) continue;
    const sum = byName.get(stage.name) ?? none;
    const expected = findTelling(stage, own, standing);
    byName.set(stage.name, {
      calls: sum.calls + own.calls,
      usd: sum.usd + own.usd,
      tookCalls: sum.tookCalls + (expected === 0 ? 0 : own.calls),
      expectedCalls: sum.expectedCalls + expected,
    });
  }
  return byName;
}

/** The calls that a stage was expected to take to where it stands; 0 where that tells nothing yet. */
function findTelling({ key, isDone, calls }: ExpectedStage, made: Answered, standing: Standing): number {
  if (isDone || standing.isFinished(key)) return calls;
  const { done, total } = standing.rowsByKey.get(key) ?? { done: 0, total: 1 };
  const expected = calls * (done / total);
  return made.calls >= tellingCalls && made.calls < tellingShare * expected ? expected : 0;
}

/** Calls that a stage will still make. */
function computeLeft(stage: ExpectedStage, { tookCalls, expectedCalls }: Experience, standing: Standing): number {
  const made = standing.answered.get(stage.key)?.calls ?? 0;
  const rows = standing.rowsByKey.get(stage.key);
  const most = Math.max(0, stage.calls - made);
  if (stage.isOpenEnded) {
    // As many calls a row as it has taken so far, and one at least.
    if (rows !== undefined && rows.done > 0 && made >= tellingCalls) {
      const left = rows.total - rows.done;
      return Math.min(most, Math.max(left, (made / rows.done) * left));
    }
  } else if (rows !== undefined && rows.total < stage.rows) {
    // There are fewer of them than there might have been.
    return Math.max(0, (stage.calls * rows.total) / stage.rows - made);
  }
  return expectedCalls > 0 ? Math.max(0, Math.min(most, (stage.calls * tookCalls) / expectedCalls - made)) : most;
}
