// What a scripted provider answers and how it fails: everything it does follows from this, the request and the seed.

import { computeKey } from "../../keys/digest.ts";

export interface Script {
  /** Words of a sampled answer, at most; greedy answers have a third of them. */
  readonly words: number;
  /** False for a provider that gives no log-probabilities. */
  readonly logProbabilities: boolean;
  /** What one call is billed, US dollars. */
  readonly price: number;
  /** Milliseconds between a call and its answer, on the average. */
  readonly delayMs: number;
  /** Calls in flight at once. */
  readonly width: number;
  /** Shares of the answers that are no normal ones. They are part of the outputs, and so of every key. */
  readonly answers: Readonly<Record<AnswerFault, number>>;
  /** Share of the answers that are whole dialogues, `user: ..\nassistant: ..`; the others nearly are. None at all unless given. */
  readonly dialogue?: number | undefined;
  /** Shares of the calls whose first try fails on the way. They change what is paid and nothing that is sampled. */
  readonly calls: Readonly<Record<CallFault, number>>;
}

export type AnswerFault = "refused" | "truncated" | "empty";

/** `busy`: turned away, not billed. `lost`: billed, and the reply never came. `rejected`: turned away for good. */
export type CallFault = "busy" | "lost" | "rejected";

export const answerFaults: readonly AnswerFault[] = ["refused", "truncated", "empty"];
export const callFaults: readonly CallFault[] = ["busy", "lost", "rejected"];

/** An honest provider, free and quick. */
export const defaultScript: Script = {
  words: 6,
  logProbabilities: true,
  price: 0,
  delayMs: 0,
  width: 16,
  answers: { refused: 0, truncated: 0, empty: 0 },
  calls: { busy: 0, lost: 0, rejected: 0 },
};

/** The digest of what can change an output: the base model's, and so a part of every key. */
export function computeScriptDigest({ words, logProbabilities, answers, dialogue = 0 }: Script): string {
  // Digests are older than dialogues.
  return computeKey({
    script: 1,
    words,
    logProbabilities,
    answers: { ...answers },
    ...(dialogue > 0 && { dialogue }),
  });
}
