// A stage that is begun for its ledger's sake: nothing is drawn, scored or made from anything.

import type { StageRequest } from "../../src/domain/records.ts";

export function createStageRequest(kind: "sample" | "verify"): StageRequest {
  const turn = { arm: { id: "arm", generations: 1, settings: null }, seed: 0, generation: 0 };
  return { key: "a".repeat(64), description: { kind, version: 1, parameters: null, inputs: [], turn }, inputs: [] };
}
