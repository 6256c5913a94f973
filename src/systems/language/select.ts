// The select stage: reads candidates as columns, lets selection rank them, writes who is kept and why others are not.

import type { Selection } from "../../domain/selection.ts";
import { computeDigest } from "../../keys/digest.ts";
import { hasMarker } from "../../text/markers/chat-markers.ts";
import type { Work } from "./work.ts";

export interface SelectionValue {
  /** Candidates kept. */
  readonly rows: number;
  readonly candidates: number;
  /** Candidates by why they were not kept. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly sha256: string;
}

interface SelectParameters extends Selection {
  /** The version of the markers whose bearers are rejected; null where none is. */
  readonly rejectMarkers: number | null;
  /** The rows that were to be accepted, which is what a share is one of. */
  readonly accept?: number;
}

/** By their codes in the column `unusable`; 0 is none of these. */
const unusableReasons = ["", "refused", "unparsable", "marker", "surplus"] as const;
const [markerCode, surplusCode] = [3, 4] as const;

export async function selectCandidates(work: Work): Promise<SelectionValue> {
  const { description, inputs, context, parts } = work;
  const [candidates, verified] = inputs;
  if (!candidates) throw new TypeError("a select stage needs candidates");
  const { best, threshold, keep, rejectMarkers, accept } = description.parameters as unknown as SelectParameters;
  const candidateCount = parts.shelf.candidateCount(candidates.key);
  const scores = verified
    ? await parts.shelf.readScores(verified.key, candidateCount)
    : new Float64Array(candidateCount);
  const { promptIndexes, unusable } = await parts.shelf.readColumns(candidates.key);
  if (rejectMarkers !== null) await findMarkers(work, candidates.key, unusable);
  if (accept !== undefined) markSurplus(unusable, accept);
  // What has no usable text can never be trained on, whatever a verifier says.
  for (let id = 0; id < candidateCount; id++) if (unusable[id] !== 0) scores[id] = Number.NaN;
  const promptCount = 1 + promptIndexes.reduce((most, index) => Math.max(most, index), -1);

  const planned = accept === undefined ? {} : { plannedCount: accept };
  const columns = { scores, promptIndexes, promptCount, stage: candidates.key, ...planned };
  const selected = await parts.select(columns, { best, threshold, keep }, context.signal);
  const { kept, reasons } = selected;
  const names: readonly string[] = [...parts.reasons, ...unusableReasons.slice(1)];
  for (let id = 0; id < candidateCount; id++) {
    const code = unusable[id] as number;
    if (code !== 0) reasons[id] = parts.reasons.length + code - 1;
  }
  await parts.shelf.writeSelection(context.key, selected, names);

  const rejected: Record<string, number> = {};
  for (const code of reasons) {
    const name = names[code] as string;
    if (name !== "kept") rejected[name] = (rejected[name] ?? 0) + 1;
  }
  const sha256 = computeDigest(new Uint8Array(kept.buffer, kept.byteOffset, kept.byteLength));
  return { rows: kept.length, candidates: candidateCount, rejected, sha256 };
}

/** Accepted beyond what was asked for, and dropped whatever they score: how many there are is chance. */
function markSurplus(unusable: Uint8Array, rows: number): void {
  let count = 0;
  for (const [id, code] of unusable.entries()) if (code === 0 && ++count > rows) unusable[id] = surplusCode;
}

/** Marks the candidates whose text holds a chat marker. */
async function findMarkers({ parts, context }: Work, candidates: string, unusable: Uint8Array): Promise<void> {
  for await (const page of parts.shelf.readTexts(candidates)) {
    context.signal.throwIfAborted();
    for (const { id, completion } of page) if (unusable[id] === 0 && hasMarker(completion)) unusable[id] = markerCode;
  }
}
