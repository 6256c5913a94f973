// What an endpoint is to be proved for and what that takes, as it can be told before anything is asked. It knows no answer.

import type { EndpointSettings } from "../endpoint.ts";
import type { Saying } from "../openai/body.ts";
import { computeTokenEstimate } from "../usage.ts";

/** What will be asked of an endpoint: what nothing will ask for is not found out either. */
export interface Uses {
  /** Draws. */
  readonly isSampled: boolean;
  /** Answers to questions. */
  readonly isJudge: boolean;
  /** Log-probabilities of given texts. */
  readonly isScored: boolean;
  /** The most draws of a prompt that one request is to bring; left out where that is one. */
  readonly draws?: number;
  /** True where draws are to be told with their log-probabilities, by which they are selected. */
  readonly isSelf?: boolean;
  /** Of a judge: a question like those that it will be asked. */
  readonly question?: TrialQuestion;
  /** Of a classifier, which has no other use: the labels whose scores are wanted, null for the only one. */
  readonly labels?: readonly (string | null)[];
}

export interface TrialQuestion extends Saying {
  /** Where its length stands in the experiment file. */
  readonly field: string;
}

export const everyUse: Uses = { isSampled: true, isJudge: true, isScored: true };

/** Of one server, at most. */
export const mostRequests = 10;

/** At most. */
export interface ProofCost {
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

type Asked = Pick<EndpointSettings, "model" | "ask" | "urls" | "draws">;

/**
 * Once in a process, its list of models not counted, which costs nothing. The run's own models are behind a server that is
 * known, and what it takes there is exact, but for a model that writes so little that it is proved by draws: two more.
 */
export function computeProofCost(endpoint: Asked, uses: Uses): ProofCost {
  const serverCount = Math.max(1, endpoint.urls.length);
  if (uses.labels !== undefined) return { calls: 1, promptTokens: labelTokens, completionTokens: 0 };
  if (endpoint.model === null) {
    // Its canaries, which are given back to it where they are to be scored; of one server the draws.
    const together = serverCount * (uses.isScored ? 2 : 1);
    const draws = uses.isSampled ? ownDraws + (isTriedInFull(endpoint, uses.draws) ? 1 : 0) : 0;
    return addDraws(price(together + draws, together * ownCanaries + draws), uses);
  }
  const isJudge = endpoint.ask === "chat" && !uses.isSampled && !uses.isScored;
  // A question comes on top of what a judge is told by, and of all there is to find out it is a part.
  const most = serverCount * ((isJudge ? mostOfJudge : mostRequests) - 1);
  const textCalls = isJudge || uses.question === undefined ? most : most - 1;
  const texts = addDraws(price(textCalls, textCalls), uses);
  return uses.question === undefined ? texts : addQuestion(texts, uses.question);
}

/** Whether as many draws are asked for as the experiment will ask for: two show that n is heeded, and not how far. */
export function isTriedInFull({ draws }: Pick<EndpointSettings, "draws">, most = 1): boolean {
  return draws !== "single" && most > 2;
}

/** A token each, beyond those of a text. */
function addDraws(cost: ProofCost, { draws = 1 }: Uses): ProofCost {
  return { ...cost, completionTokens: cost.completionTokens + Math.max(0, draws - textTokens.completion) };
}

/** Of one server, whose answer stands for all. */
function addQuestion(cost: ProofCost, question: TrialQuestion): ProofCost {
  return {
    calls: cost.calls + 1,
    promptTokens: cost.promptTokens + computeTokenEstimate(JSON.stringify(question)) + bodyTokens,
    completionTokens: cost.completionTokens + question.maxTokens,
  };
}

/** Two draws, the same again, and whether it chats. */
const ownDraws = 3;

/** Canaries that Refeed's own server takes in one request. */
const ownCanaries = 8;

/** The list, a name that nobody has, a canary by each of three dialects, and the same again. */
const mostOfJudge = 6;

/** What stands around a question. */
const bodyTokens = 100;

/** The one sentence that a classifier is shown. */
const labelTokens = 25;

/** A canary as it is given back, and as long as it may be. */
const textTokens = { prompt: 128, completion: 96 };

function price(calls: number, textCount: number): ProofCost {
  return {
    calls,
    promptTokens: textCount * textTokens.prompt,
    completionTokens: textCount * textTokens.completion,
  };
}
