// What an endpoint is to be proved for and what that takes, as it can be told before anything is asked. It knows no answer.

import type { EndpointSettings } from "../endpoint.ts";

/** What will be asked of an endpoint: what nothing will ask for is not found out either. */
export interface Uses {
  /** Draws. */
  readonly isSampled: boolean;
  /** Answers to questions. */
  readonly isJudge: boolean;
  /** Log-probabilities of given texts. */
  readonly isScored: boolean;
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

type Asked = Pick<EndpointSettings, "model" | "ask" | "urls">;

/**
 * Once in a process, its list of models not counted, which costs nothing. The run's own models are behind a server that is
 * known, and what it takes there is exact.
 */
export function computeProofCost(endpoint: Asked, uses: Uses): ProofCost {
  const serverCount = Math.max(1, endpoint.urls.length);
  if (endpoint.model === null) {
    // Its canaries, which are given back to it where they are to be scored; of one server the draws.
    const together = serverCount * (uses.isScored ? 2 : 1);
    const draws = uses.isSampled ? ownDraws : 0;
    return price(together + draws, together * ownCanaries + draws);
  }
  const isJudge = endpoint.ask === "chat" && !uses.isSampled && !uses.isScored;
  const textCalls = serverCount * ((isJudge ? mostOfJudge : mostRequests) - 1);
  return price(textCalls, textCalls);
}

/** Two draws, the same again, and whether it chats. */
const ownDraws = 3;

/** Canaries that Refeed's own server takes in one request. */
const ownCanaries = 8;

/** The list, a name that nobody has, a canary by each of three dialects, and the same again. */
const mostOfJudge = 6;

/** A canary as it is given back, and as long as it may be. */
const textTokens = { prompt: 128, completion: 96 };

function price(calls: number, textCount: number): ProofCost {
  return {
    calls,
    promptTokens: textCount * textTokens.prompt,
    completionTokens: textCount * textTokens.completion,
  };
}
