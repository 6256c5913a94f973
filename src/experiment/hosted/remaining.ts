// Whether a stage that is still to be run has anything left to ask for or to start a program with: what it has is there
// already, and needs nobody.

import type { Ledger } from "../../domain/context.ts";
import type { StageRequest } from "../../domain/records.ts";
import type { Split } from "../../domain/rows.ts";
import type { Shelf } from "../../domain/shelf.ts";
import { createGivenKey } from "../../providers/given/scorer.ts";

interface RemainingParts {
  readonly shelf: Shelf;
  readonly createLedger: (stage: string) => Pick<Ledger, "recall">;
}

interface Parameters {
  readonly split: Split;
  /** null: until enough are accepted. */
  readonly draws: number | null;
  /** Of a judge: how often it is attacked, after everything is scored. */
  readonly verifier?: { readonly canaries?: object | null };
}

/** True where something is to be asked for, or nobody can tell before the stage has looked itself. */
export async function hasRemaining(
  { key, description, inputs }: StageRequest,
  { shelf, createLedger }: RemainingParts,
): Promise<boolean> {
  const { split, draws, verifier } = description.parameters as unknown as Parameters;
  // Answers come in any order: a stage that was torn may have its last candidate and lack an earlier one.
  if (description.kind === "sample")
    return draws === null || (await shelf.readSampled(key, { split, draws })).includes(0);
  if (description.kind === "verify") {
    const [candidates] = inputs;
    const count = candidates === undefined ? 0 : shelf.candidateCount(candidates.key);
    return count === 0 || shelf.scoreCount(key) < count || (verifier?.canaries ?? null) !== null;
  }
  const { recall } = createLedger(key);
  for await (const { id } of shelf.readRows("test")) if (recall(createGivenKey(id)) === undefined) return true;
  return false;
}
