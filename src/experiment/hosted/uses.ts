// What an experiment asks of an endpoint: draws, answers, the log-probabilities of given texts. It asks for nothing.

import type { Uses } from "../../providers/proving/proof-cost.ts";
import type { LanguageExperiment } from "../experiment.ts";

/** Of the endpoint by that name; one that only classifies has no use of these. */
export function computeUses(name: string, { arms, language }: Pick<LanguageExperiment, "arms" | "language">): Uses {
  const verifiers = Object.values(language.verifiers);
  const isOwn = language.endpoint === name;
  const taught = arms.filter(({ settings }) => settings.teacher === name);
  // A loss is that of the test split's own summaries; the own models are those of all arms.
  const hasLoss = (isOwn ? arms : taught).some(({ settings }) => settings.metrics.includes("loss"));
  // A weak verifier is a model of an endpoint, or one that is trained and stands where the run's own models do.
  const isWeak = verifiers.some(
    (verifier) => verifier.kind === "perplexity" && ("endpoint" in verifier ? verifier.endpoint === name : isOwn),
  );
  return {
    isSampled: isOwn || taught.length > 0,
    isJudge: verifiers.some((verifier) => verifier.kind === "judge" && verifier.endpoint === name),
    isScored: isWeak || hasLoss,
  };
}
