// Which candidates survive, and in which rank: best draws of a prompt, then the threshold, then the top share.
// Pure and in columns; it knows neither what a score means nor where candidates are stored.

import type { Selection, SelectionColumns, SelectionReason, SelectionResult } from "../domain/selection.ts";
import { computePlaces } from "../math/share.ts";
import { breakTies } from "./ties.ts";

/** The position of a reason is its code in SelectionResult.reasons. */
export const selectionReasons: readonly SelectionReason[] = [
  "kept",
  "unscorable",
  "not-best",
  "below-threshold",
  "below-rank",
];
const [keptCode, unscorableCode, notBestCode, belowThresholdCode, belowRankCode] = [0, 1, 2, 3, 4] as const;

export interface SelectionCounts {
  readonly planned: number;
  readonly scored: number;
  readonly unscorable: number;
  readonly kept: number;
}

/**
 * Ranks by score, higher first, ties by digest; the kept ids come best first.
 * A candidate without a score is never kept, and the share is still one of what was planned, so a place that
 * nobody scored well enough to fill stays empty.
 */
export function rank(columns: SelectionColumns, selection: Selection): SelectionResult {
  const { scores, promptIndexes, promptCount, plannedCount = scores.length } = columns;
  if (scores.length !== promptIndexes.length) throw new RangeError("scores and promptIndexes differ in length");
  const order = orderByScore(columns);
  const reasons = new Uint8Array(scores.length).fill(unscorableCode);
  const drawsTaken = new Uint32Array(promptCount);
  const places = computePlaces(selection, { promptCount, plannedCount });
  const { best, threshold } = selection;

  let keptCount = 0;
  for (const id of order) {
    const prompt = promptIndexes[id]!;
    drawsTaken[prompt]! += 1;
    if (best !== null && drawsTaken[prompt]! > best) reasons[id] = notBestCode;
    else if (threshold !== null && scores[id]! < threshold) reasons[id] = belowThresholdCode;
    else if (keptCount >= places) reasons[id] = belowRankCode;
    else {
      reasons[id] = keptCode;
      // The kept ids gather at the front of the order that is being read.
      order[keptCount] = id;
      keptCount += 1;
    }
  }
  return { kept: order.slice(0, keptCount), reasons };
}

/** What became of the candidates, in numbers. */
export function countSelection({ kept, reasons }: SelectionResult): SelectionCounts {
  let unscorable = 0;
  for (const reason of reasons) if (reason === unscorableCode) unscorable += 1;
  return { planned: reasons.length, scored: reasons.length - unscorable, unscorable, kept: kept.length };
}

/** Ids of the scored candidates, best first. */
function orderByScore({ scores, stage }: SelectionColumns): Uint32Array {
  let scoredCount = 0;
  const ids = new Uint32Array(scores.length);
  for (let id = 0; id < scores.length; id++) {
    if (!Number.isNaN(scores[id])) ids[scoredCount++] = id;
  }
  const order = ids.subarray(0, scoredCount);
  // Compared, not subtracted: the difference of two infinities is not a number.
  order.sort((a, b) => (scores[a]! > scores[b]! ? -1 : scores[a]! < scores[b]! ? 1 : a - b));
  breakTies(order, scores, stage);
  return order;
}
