// The answers on the test split, read once for all metrics of a model: they are asked for one after the other.
// Holds a few models' worth; large test splits stream past it.

import type { StoredCandidate } from "../../domain/rows.ts";
import type { Shelf } from "../../domain/shelf.ts";
import type { Stage } from "../../domain/stage.ts";
import { StoreError } from "../../errors.ts";

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

/** Candidates of an earlier process are read again before anything new is made of them; throws StoreError if they changed. */
export async function checkCandidates(shelf: Shelf, { key, value }: Stage): Promise<void> {
  const { sha256 } = await shelf.readSummary(key);
  if (sha256 === (value as { readonly sha256: string }).sha256) return;
  throw new StoreError(`the candidates of sample stage ${key.slice(0, 12)} are not those it was finished with`, {
    where: "state.db",
    next: "restore the run folder from a copy",
  });
}

async function gather(candidates: AsyncIterable<StoredCandidate>): Promise<readonly StoredCandidate[]> {
  const all: StoredCandidate[] = [];
  for await (const candidate of candidates) all.push(candidate);
  return all;
}
