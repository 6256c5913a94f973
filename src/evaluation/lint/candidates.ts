// Lint of one sample stage's candidates, from one pass over them page by page. Counts only; it knows no limit.

import type { CandidateLint, CandidateText } from "../../domain/lint.ts";
import { hasMarker } from "../../text/markers/chat-markers.ts";
import { createTextCounter } from "./text-counter.ts";

export interface CandidateLintRequest {
  readonly candidateCount: number;
  /** False where every draw of a prompt must be the same. */
  readonly isRandom: boolean;
  /** Aborted, it throws the signal's reason before the next page. */
  readonly signal: AbortSignal;
}

/** Pages come in plan order, so that the draws of a prompt follow each other. */
export async function computeCandidateLint(
  pages: AsyncIterable<readonly CandidateText[]>,
  { candidateCount, isRandom, signal }: CandidateLintRequest,
): Promise<CandidateLint> {
  const counter = createTextCounter(candidateCount);
  const counts = { candidates: 0, truncated: 0, empty: 0, refused: 0, unparsable: 0, markers: 0 };
  const draws = createDrawTally();
  for await (const page of pages) {
    signal.throwIfAborted();
    for (const { position, completion, finish, reason } of page) {
      counts.candidates += 1;
      const isRefused = finish === "refused" || reason === "refused";
      if (isRefused) counts.refused += 1;
      if (finish === "length") counts.truncated += 1;
      if (reason === "unparsable") counts.unparsable += 1;
      if (!/\S/u.test(completion)) {
        if (!isRefused) counts.empty += 1;
        continue;
      }
      if (hasMarker(completion)) counts.markers += 1;
      draws.add(position, counter.add(completion));
    }
  }
  const { drawnAgain, drawnAlike } = isRandom ? draws.read() : { drawnAgain: 0, drawnAlike: 0 };
  return { ...counts, ...counter.read(), drawnAgain, drawnAlike };
}

/** Prompts that were drawn from more than once, and those of them that gave one text each time. */
function createDrawTally() {
  let prompt = -1;
  let first = 0;
  let textCount = 0;
  let isAlike = true;
  let drawnAgain = 0;
  let drawnAlike = 0;
  const close = (): void => {
    if (textCount < 2) return;
    drawnAgain += 1;
    if (isAlike) drawnAlike += 1;
  };
  return {
    add(position: number, digest: number): void {
      if (position !== prompt) {
        close();
        [prompt, first, textCount, isAlike] = [position, digest, 0, true];
      }
      textCount += 1;
      if (digest !== first) isAlike = false;
    },
    /** Ends the last prompt; called once. */
    read(): Pick<CandidateLint, "drawnAgain" | "drawnAlike"> {
      close();
      return { drawnAgain, drawnAlike };
    },
  };
}
