// The request that brings candidates: some draws of one prompt, as a chat or as a raw completion.

import type { Candidate } from "../../domain/rows.ts";
import type { CreateSampleRequest, SampleAsk } from "../exchange.ts";
import { computeTokenEstimate, computeUsd } from "../usage.ts";
import { computeMostTokens, createSampleBody, type Dialect, plainDialect } from "./body.ts";
import type { Expected } from "./choices.ts";
import { type Said, type Talk, talk } from "./talk.ts";

export function createSampleRequests(parts: Talk, dialect: Dialect = plainDialect): CreateSampleRequest {
  const { endpoint } = parts;
  return (ask) => {
    const promptTokens = computeTokenEstimate(ask.prompt.text) + computeTokenEstimate(endpoint.system ?? "");
    const most = computeMostTokens(endpoint, ask.request.maxTokens) * ask.draws.length;
    return {
      key: ask.attempt,
      rowCount: ask.draws.length,
      mostTokens: promptTokens + most,
      mostUsd: computeUsd(endpoint.price, promptTokens, most),
      send(target, signal) {
        const asked = {
          body: createSampleBody(endpoint, ask, dialect),
          expected: createExpected(ask, endpoint.hasFinish),
          promptTokens,
        };
        return talk(parts, asked, target, signal).then((said) =>
          said.kind === "said" ? { kind: "answered", answer: createCandidates(ask, said), usage: said.usage } : said,
        );
      },
    };
  };
}

export function createExpected({ draws, request }: SampleAsk, hasFinish: boolean): Expected {
  return { count: draws.length, maxTokens: request.maxTokens, stop: request.stop ?? [], hasFinish };
}

/** One candidate a draw, in the order of the draws. */
export function createCandidates({ prompt, draws, attempt }: SampleAsk, { choices, tokenCounts }: Said): Candidate[] {
  return choices.map(({ text, finish, terms }, at) => ({
    promptId: prompt.id,
    draw: draws[at]!,
    completion: text,
    finish,
    reason: finish === "refused" ? "refused" : finish === "length" ? "truncated" : text === "" ? "empty" : null,
    logProbability: terms === null ? null : terms.reduce((sum, term) => sum + term, 0),
    tokenCount: tokenCounts[at]!,
    tokenLogProbabilities: terms,
    attempt,
  }));
}
