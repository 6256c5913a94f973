// Candidates as a verifier is handed them.

import type { Candidate, Row, StoredCandidate } from "../../src/domain/rows.ts";

export function createRow(index: number): Row {
  return { id: `row-${index}`, article: `Story ${index} is long. It goes on.`, summary: `story ${index}` };
}

/** The texts of each prompt, in order; a candidate's own fields may be given in place of a text. */
export function createCandidates(prompts: readonly (readonly (string | Partial<Candidate>)[])[]): StoredCandidate[] {
  const stored: StoredCandidate[] = [];
  for (const [promptIndex, draws] of prompts.entries()) {
    for (const [draw, given] of draws.entries()) {
      const row = createRow(promptIndex);
      const own = typeof given === "string" ? { completion: given } : given;
      const candidate: Candidate = {
        promptId: row.id,
        draw,
        completion: "",
        finish: "stop",
        reason: null,
        logProbability: null,
        tokenCount: 1,
        tokenLogProbabilities: null,
        attempt: "a",
        ...own,
      };
      stored.push({ id: stored.length, promptIndex, row, candidate });
    }
  }
  return stored;
}
