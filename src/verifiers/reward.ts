// The reward verifier: a text classifier's score of one label, for each prompt with its completion. A label that the
// endpoint does not give is a refusal, never a guess at another one.

import type { Classifier, Labelled, Labels } from "../domain/hosted.ts";
import type { Verifier } from "../domain/ports.ts";
import type { Row, Score, StoredCandidate } from "../domain/rows.ts";
import { VerifierError } from "../errors.ts";
import { type Case, scoreCases } from "./in-order.ts";
import { findUnusable } from "./unusable.ts";

export interface RewardOptions {
  readonly classifier: Classifier;
  /** The label whose score counts; null where the endpoint has but one. */
  readonly label: string | null;
  /** What is classified. */
  readonly render: (row: Row, completion: string) => string;
}

export function createRewardVerifier({ classifier, label, render }: RewardOptions): Verifier {
  const ask = ({ id, row, candidate }: StoredCandidate): Case<Labelled, Labels> => {
    const unusable = findUnusable(candidate);
    if (unusable !== null) return { questions: [], read: () => [{ id, score: null, reason: unusable }] };
    const text = render(row, candidate.completion);
    return { questions: [{ id: String(id), text }], read: ([labels]) => [readScore(id, labels as Labels, label)] };
  };
  return {
    version: 1,
    async *verify(candidates, _request, context) {
      async function* cases() {
        for await (const stored of candidates) yield ask(stored);
      }
      context.signal.throwIfAborted();
      yield* scoreCases(cases(), (texts) => classifier.classify(texts, context));
    },
  };
}

function readScore(id: number, { scores, reason }: Labels, label: string | null): Score {
  if (scores === null) return { id, score: null, reason: reason ?? "the endpoint refused" };
  const name = findLabel(scores, label);
  if (name === undefined) {
    throw new VerifierError(`the reward endpoint ${describeLack(scores, label)}`, {
      where: "reward",
      next: labelAdvice,
    });
  }
  const score = scores[name] as number;
  return Number.isFinite(score)
    ? { id, score, reason: null }
    : { id, score: null, reason: "the endpoint gave no finite score" };
}

/** The label whose score counts; undefined where there is none, or it cannot be told which. */
export function findLabel(scores: NonNullable<Labels["scores"]>, label: string | null): string | undefined {
  const names = Object.keys(scores);
  const name = label ?? (names.length === 1 ? names[0] : undefined);
  return name !== undefined && Object.hasOwn(scores, name) ? name : undefined;
}

/** What is wrong where none was found, as the end of a sentence about the endpoint. */
export function describeLack(scores: NonNullable<Labels["scores"]>, label: string | null): string {
  const known = Object.keys(scores).slice(0, 8);
  const wanted = label === null ? "gives several labels and none is chosen" : `gives no label ${JSON.stringify(label)}`;
  return `${wanted}: it has ${known.map((name) => JSON.stringify(name)).join(", ") || "none"}`;
}

export const labelAdvice = "name one of them under label";
