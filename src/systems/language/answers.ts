// The answers on the test split, read once for all metrics of a model: they are asked for one after the other.
// Holds a few models' worth; large test splits stream past it.

import type { StoredCandidate } from "../../domain/rows.ts";
import type { Shelf } from "../../domain/shelf.ts";

/** The candidates of a sample stage, in plan order. */
export type ReadAnswers = (stage: string) => AsyncIterable<StoredCandidate>;

const heldStages = 4;
const heldRows = 5000;

export function createAnswerReader(shelf: Shelf): ReadAnswers {
  const held = new Map<string, Promise<readonly StoredCandidate[]>>();
  return async function* (stage) {
    if (shelf.candidateCount(stage) > heldRows) {
      yield* shelf.readCandidates(stage);
      return;
    }
    const answers = held.get(stage) ?? gather(shelf.readCandidates(stage));
    held.delete(stage);
    held.set(stage, answers);
    const [oldest] = held.keys();
    if (held.size > heldStages && oldest !== undefined) held.delete(oldest);
    yield* await answers;
  };
}

async function gather(candidates: AsyncIterable<StoredCandidate>): Promise<readonly StoredCandidate[]> {
  const all: StoredCandidate[] = [];
  for await (const candidate of candidates) all.push(candidate);
  return all;
}
