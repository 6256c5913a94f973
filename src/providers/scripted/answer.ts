// The answer to one draw of one prompt: words of the prompt, drawn by model, seed, prompt and draw.
// A model is told from another by what it writes, so a stage that asked the wrong one would not go unseen.

import type { SampleRequest } from "../../domain/ports.ts";
import type { Candidate, Prompt } from "../../domain/rows.ts";
import { computeSeed } from "../../keys/seed.ts";
import { createRandom } from "../../math/random.ts";
import { type AnswerFault, answerFaults, type Script } from "./script.ts";

/** ln p of a word under a model: long words are unlikely, and more so to one model than to another. */
export function computeTerm(word: string, temper: number): number {
  return -(word.length + 1) * temper;
}

/** Between 0.25 and 0.5, from the model's digest. */
export function computeTemper(digest: string): number {
  return 0.25 + Number.parseInt(digest.slice(0, 2), 16) / 1024;
}

export function createAnswer(
  { id, text }: Prompt,
  draw: number,
  { script, request, attempt }: { readonly script: Script; readonly request: SampleRequest; readonly attempt: string },
): Candidate {
  const { temperature, maxTokens, model } = request;
  const words = text.split(/\s+/).filter((word) => word !== "");
  const isGreedy = temperature === 0;
  const random = createRandom(computeSeed(model.digest, isGreedy ? "greedy" : request.seed, id, isGreedy ? 0 : draw));
  const place = { promptId: id, draw, attempt };
  const fault = drawFault(random.uniform(), script);
  if (words.length === 0 || fault === "refused") {
    const none = { logProbability: null, tokenCount: 0, tokenLogProbabilities: null };
    return { ...place, ...none, completion: "", finish: "refused", reason: "refused" };
  }
  const most = isGreedy ? Math.ceil(script.words / 3) : script.words - random.integer(Math.ceil(script.words / 2));
  const isTruncated = fault === "truncated" || most > maxTokens;
  const count = fault === "empty" ? 0 : Math.min(most, maxTokens);
  const chosen = Array.from({ length: count }, () => words[random.integer(words.length)] as string);
  const temper = computeTemper(model.digest);
  const terms = script.logProbabilities ? Float64Array.from(chosen, (word) => computeTerm(word, temper)) : null;
  return {
    ...place,
    completion: chosen.join(" "),
    finish: isTruncated ? "length" : "stop",
    reason: isTruncated ? "truncated" : count === 0 ? "empty" : null,
    logProbability: terms === null ? null : terms.reduce((sum, term) => sum + term, 0),
    tokenCount: count,
    tokenLogProbabilities: terms,
  };
}

function drawFault(uniform: number, { answers }: Script): AnswerFault | null {
  let place = uniform;
  for (const fault of answerFaults) {
    place -= answers[fault];
    if (place < 0) return fault;
  }
  return null;
}
