// Which endpoints the stages that are still to be run will ask, and whether a stage that was begun has anything left to ask
// for: what it has is there already, and needs nobody.

import type { Ledger } from "../../domain/context.ts";
import type { StageRequest } from "../../domain/records.ts";
import type { Split } from "../../domain/rows.ts";
import type { Shelf } from "../../domain/shelf.ts";
import { createGivenKey } from "../../providers/given/scorer.ts";
import type { LanguageExperiment } from "../experiment.ts";
import { findAsked } from "./asked.ts";
import type { Asked } from "./endpoints.ts";

interface RemainingParts {
  readonly experiment: LanguageExperiment;
  readonly shelf: Shelf;
  readonly createLedger: (stage: string) => Pick<Ledger, "recall">;
}

/**
 * Each endpoint with the first stage that asks it, in the order of the plan. The run's own models are not among them: they
 * are there once they are trained, and are proved by the stages that ask them.
 */
export async function listAsked(open: readonly StageRequest[], parts: RemainingParts): Promise<readonly Asked[]> {
  const stageByEndpoint = new Map<string, string>();
  for (const request of open) {
    const endpoint = findAsked(request.description, parts.experiment);
    if (endpoint === undefined || endpoint.model === null || stageByEndpoint.has(endpoint.name)) continue;
    if (await hasRemaining(request, parts)) stageByEndpoint.set(endpoint.name, request.key);
  }
  return [...stageByEndpoint].map(([endpoint, stage]) => ({ endpoint, stage }));
}

interface Parameters {
  readonly split: Split;
  /** null: until enough are accepted. */
  readonly draws: number | null;
  /** Of a judge: how often it is attacked, after everything is scored. */
  readonly verifier?: { readonly canaries?: object | null };
}

/** True where something is to be asked for, or nobody can tell before the stage has looked itself. */
async function hasRemaining({ key, description, inputs }: StageRequest, parts: RemainingParts): Promise<boolean> {
  const { shelf, createLedger } = parts;
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
