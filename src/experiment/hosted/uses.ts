// What an experiment asks of an endpoint: draws, answers, the log-probabilities of given texts, labels. It asks for nothing.

import type { TrialQuestion, Uses } from "../../providers/proving/proof-cost.ts";
import { createTrialQuestion } from "../../verifiers/judge/trial.ts";
import type { JudgeSettings, LanguageExperiment, RewardSettings, VerifierSettings } from "../experiment.ts";

/** Of the endpoint by that name. */
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
  const isSelf = taught.some(({ generations, settings: { verifier } }) => {
    return generations > 0 && verifier !== null && language.verifiers[verifier]?.kind === "self";
  });
  const question = findQuestion(name, language.verifiers);
  const draws = Math.max(1, ...arms.map((arm) => countDraws(arm, { isTaught: taught.includes(arm), isOwn })));
  const labels = verifiers.filter((verifier) => isReward(verifier, name)).map(({ label }) => label);
  return {
    isSampled: isOwn || taught.length > 0,
    isJudge: question !== undefined,
    isScored: isWeak || hasLoss,
    ...(draws > 1 && { draws }),
    ...(isSelf && { isSelf }),
    ...(question && { question }),
    ...(labels.length > 0 && { labels }),
  };
}

/** The most draws of a prompt that an arm asks it for at once. Greedy ones are one, and those of accept come one by one. */
function countDraws(
  { generations, settings }: LanguageExperiment["arms"][number],
  { isTaught, isOwn }: { readonly isTaught: boolean; readonly isOwn: boolean },
): number {
  const { sample, corpus, real, selection } = settings;
  // The last model of an arm writes no candidates.
  const last = isOwn ? generations - 1 : isTaught ? Math.min(0, generations - 1) : -1;
  if (last < 0 || sample.temperature === 0 || sample.accept !== undefined) return 1;
  if (corpus.kind !== "accumulate-doubling") return sample.candidates;
  // As many as fill the doubled pool.
  return selection.best ?? Math.ceil((real * 2 ** last) / (selection.keep ?? 1));
}

/** Of several judges the one that is to say most: what it may say the others may say as well. */
function findQuestion(name: string, verifiers: LanguageExperiment["language"]["verifiers"]): TrialQuestion | undefined {
  const judges = Object.entries(verifiers).filter((entry): entry is [string, JudgeSettings] => {
    return entry[1].kind === "judge" && entry[1].endpoint === name;
  });
  const [longest] = judges.toSorted(([, one], [, other]) => other.maxTokens - one.maxTokens);
  if (longest === undefined) return undefined;
  const [verifier, settings] = longest;
  const { system, text, schema, maxTokens } = createTrialQuestion(settings);
  return { system, text, schema, maxTokens, field: `verifiers.${verifier}.maxTokens` };
}

function isReward(verifier: VerifierSettings, name: string): verifier is RewardSettings {
  return verifier.kind === "reward" && verifier.endpoint === name;
}
