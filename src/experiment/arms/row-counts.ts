// What of an arm cannot be met by the rows there will be, told before anything runs: a selection that by plan keeps
// none, a policy that asks for more rows than there are. It reads no row: counts are all it takes.

import { computeDoublingDraws } from "../../corpora/doubling.ts";
import { computeParts } from "../../corpora/parts.ts";
import type { Policy } from "../../domain/corpus.ts";
import type { Selection } from "../../domain/selection.ts";
import { ConfigError, type Problem } from "../../errors.ts";
import { computePlaces, computeShare } from "../../math/share.ts";
import { countReal } from "../../systems/language/assemble.ts";
import type { GaussianSettings, LanguageSettings } from "../experiment.ts";

/** Each `where` is the path of the setting at fault. `trainCount` is the rows of the train split. */
export function findRowProblems(
  { real, corpus, sample, selection }: LanguageSettings,
  generations: number,
  trainCount: number,
): readonly Problem[] {
  if (generations === 0) return [];
  const realCount = countReal(real, trainCount);
  if (corpus.kind === "accumulate-doubling") {
    return findDoublingProblems({ realCount, promptCount: trainCount, selection }, generations);
  }
  const drawnCount = sample.accept?.rows ?? trainCount * sample.candidates;
  const plannedCount = selection.best === null ? drawnCount : trainCount * selection.best;
  const keptCount = sample.accept
    ? computeShare(selection.keep ?? 1, drawnCount)
    : countKept(selection, trainCount, sample.candidates);
  if (keptCount === 0) {
    const what = `keeping ${renderPercent(selection.keep ?? 1)} of ${plannedCount} keeps none, so there is nothing to train on`;
    return [{ where: "select.keep", what, next: "raise select.keep or sample more candidates" }];
  }
  // A threshold keeps fewer, nobody knows how many, and a share of fewer may be had.
  if (corpus.kind === "mix" && selection.threshold !== null) return [];
  return findPolicyProblems(corpus, realCount, keptCount);
}

/** A generation of a Gaussian is as large as the real data and all kept, so only a budget can ask for too much. */
export function findGaussianRowProblems(
  { corpus, samples }: GaussianSettings,
  generations: number,
): readonly Problem[] {
  const hasBudget = corpus.kind === "accumulate-subsample" && corpus.budget !== null;
  return generations > 0 && hasBudget ? findPolicyProblems(corpus, samples, samples) : [];
}

/** The first generation stands for all: later ones keep as many rows of a pool that only grows. */
function findPolicyProblems(policy: Policy, realCount: number, keptCount: number): readonly Problem[] {
  return listThrown(() => computeParts({ policy, realCount, keptCounts: [keptCount], seed: anySeed }));
}

const anySeed = Uint32Array.of(1, 2, 3, 4);

/** As many as selection keeps where every candidate has a score above the threshold. */
function countKept({ best, keep }: Selection, promptCount: number, candidateCount: number): number {
  const plannedCount = promptCount * candidateCount;
  const mostCount = promptCount * Math.min(best ?? candidateCount, candidateCount);
  return Math.min(mostCount, computePlaces({ best, keep }, { promptCount, plannedCount }));
}

/** What `best` bounds, doubling outgrows within a few generations or never. */
function findDoublingProblems(
  request: { readonly realCount: number; readonly promptCount: number; readonly selection: Selection },
  generations: number,
): readonly Problem[] {
  if (request.selection.best === null) return [];
  return listThrown(() => {
    for (let generation = 0; generation < Math.min(generations, mostDoublings); generation++) {
      computeDoublingDraws({ ...request, generation });
    }
  });
}

/** One row doubled so often is more than any dataset has. */
const mostDoublings = 40;

function listThrown(compute: () => unknown): readonly Problem[] {
  try {
    compute();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

function renderPercent(share: number): string {
  return `${Number((share * 100).toPrecision(12))}%`;
}
