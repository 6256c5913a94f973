// Lint of one sample stage's candidates, from one pass over them page by page. Counts only; it knows no limit.

import type { CandidateLint, CandidateText } from "../../domain/lint.ts";
import { hasMarker } from "../../text/markers/chat-markers.ts";
import { createTextCounter } from "./text-counter.ts";

export interface CandidateLintRequest {
  readonly candidateCount: number;
  /** False where every draw of a prompt must be the same. */
  readonly isRandom: boolean;
  /** How many prompts there are, where the draws of a prompt do not follow each other; null or left out where they do. */
  readonly promptCount?: number | null;
  /** Aborted, it throws the signal's reason before the next page. */
  readonly signal: AbortSignal;
}

/** Pages come in plan order. */
export async function computeCandidateLint(
  pages: AsyncIterable<readonly CandidateText[]>,
  { candidateCount, isRandom, promptCount = null, signal }: CandidateLintRequest,
): Promise<CandidateLint> {
  const counter = createTextCounter(candidateCount);
  const counts = { candidates: 0, truncated: 0, empty: 0, refused: 0, unparsable: 0, markers: 0 };
  const draws = promptCount === null ? createDrawTally() : createRoundTally(promptCount);
  for await (const page of pages) {
    signal.throwIfAborted();
    for (const { position, completion, article, finish, reason } of page) {
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
      // Two rows may well end alike: an article of its own is part of the text.
      draws.add(position, counter.add(article === null ? completion : `${article}\n${completion}`));
    }
  }
  const { drawnAgain, drawnAlike } = isRandom ? draws.read() : { drawnAgain: 0, drawnAlike: 0 };
  return { ...counts, ...counter.read(), drawnAgain, drawnAlike };
}

interface DrawTally {
  add(position: number, digest: number): void;
  /** Ends the last prompt; called once. */
  read(): Pick<CandidateLint, "drawnAgain" | "drawnAlike">;
}

/** What is known of a prompt: no text yet, one, several that are alike, several that are not. */
const [none, one, alike, unlike] = [0, 1, 2, 3] as const;

/** The same as below where draws come round by round. */
function createRoundTally(promptCount: number): DrawTally {
  const firsts = new Uint32Array(promptCount);
  const states = new Uint8Array(promptCount);
  return {
    add(position, digest) {
      const state = states[position];
      if (state === none) {
        firsts[position] = digest;
        states[position] = one;
      } else if (state !== unlike) states[position] = firsts[position] === digest ? alike : unlike;
    },
    read() {
      let [drawnAgain, drawnAlike] = [0, 0];
      for (const state of states) {
        if (state >= alike) drawnAgain += 1;
        if (state === alike) drawnAlike += 1;
      }
      return { drawnAgain, drawnAlike };
    },
  };
}

/** Prompts that were drawn from more than once, and those of them that gave one text each time. */
function createDrawTally(): DrawTally {
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
    add(position, digest) {
      if (position !== prompt) {
        close();
        [prompt, first, textCount, isAlike] = [position, digest, 0, true];
      }
      textCount += 1;
      if (digest !== first) isAlike = false;
    },
    read() {
      close();
      return { drawnAgain, drawnAlike };
    },
  };
}
