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
  const names = Object.keys(scores);
  const name = label ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined || !Object.hasOwn(scores, name)) {
    const given = names
      .slice(0, 8)
      .map((known) => JSON.stringify(known))
      .join(", ");
    const wanted =
      label === null ? "gives several labels and none is chosen" : `gives no label ${JSON.stringify(label)}`;
    throw new VerifierError(`the reward endpoint ${wanted}: it has ${given || "none"}`, {
      where: "reward",
      next: "name one of them under label",
    });
  }
  const score = scores[name] as number;
  return Number.isFinite(score)
    ? { id, score, reason: null }
    : { id, score: null, reason: "the endpoint gave no finite score" };
}
