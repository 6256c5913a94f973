// The select stage: reads candidates as columns, lets selection rank them, writes who is kept and why others are not.

import type { Selection } from "../../domain/selection.ts";
import { computeDigest } from "../../keys/digest.ts";
import type { Work } from "./work.ts";

export interface SelectionValue {
  /** Candidates kept. */
  readonly rows: number;
  readonly candidates: number;
  /** Candidates by why they were not kept. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly sha256: string;
}

export async function selectCandidates({ description, inputs, context, parts }: Work): Promise<SelectionValue> {
  const [candidates, verified] = inputs;
  if (!candidates) throw new TypeError("a select stage needs candidates");
  const { best, threshold, keep } = description.parameters as unknown as Selection;
  const candidateCount = parts.shelf.candidateCount(candidates.key);
  const scores = verified ? parts.shelf.readScores(verified.key, candidateCount) : new Float64Array(candidateCount);
  const { promptIndexes, isUsable } = await parts.shelf.readColumns(candidates.key);
  // What has no usable text can never be trained on, whatever a verifier says.
  for (let id = 0; id < candidateCount; id++) if (isUsable[id] === 0) scores[id] = Number.NaN;
  const promptCount = 1 + promptIndexes.reduce((most, index) => Math.max(most, index), -1);

  const columns = { scores, promptIndexes, promptCount, stage: candidates.key };
  const { kept, reasons } = await parts.select(columns, { best, threshold, keep }, context.signal);
  const names = Array.from(reasons, (code) => parts.reasons[code] as string);
  await parts.shelf.writeSelection(context.key, kept, names);

  const rejected: Record<string, number> = {};
  for (const name of names) if (name !== "kept") rejected[name] = (rejected[name] ?? 0) + 1;
  const sha256 = computeDigest(new Uint8Array(kept.buffer, kept.byteOffset, kept.byteLength));
  return { rows: kept.length, candidates: candidateCount, rejected, sha256 };
}
