// The answer to one draw of one prompt: words of the prompt, drawn by model, seed, prompt and draw; or a dialogue of such
// words, for which there need not be a prompt.
// A model is told from another by what it writes, so a stage that asked the wrong one would not go unseen.

import type { SampleRequest } from "../../domain/ports.ts";
import type { Candidate, Prompt } from "../../domain/rows.ts";
import { computeSeed } from "../../keys/seed.ts";
import { createRandom, type Random } from "../../math/random.ts";
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
  const { dialogue = 0 } = script;
  const given = splitWords(text);
  const words = given.length === 0 && dialogue > 0 ? ownWords : given;
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
  const completion = dialogue > 0 ? renderDialogue(chosen, dialogue, random) : chosen.join(" ");
  const written = splitWords(completion);
  const temper = computeTemper(model.digest);
  const terms = script.logProbabilities ? Float64Array.from(written, (word) => computeTerm(word, temper)) : null;
  return {
    ...place,
    completion,
    finish: isTruncated ? "length" : "stop",
    reason: isTruncated ? "truncated" : count === 0 ? "empty" : null,
    logProbability: terms === null ? null : terms.reduce((sum, term) => sum + term, 0),
    tokenCount: written.length,
    tokenLogProbabilities: terms,
  };
}

/** What is written where there is no prompt; some begin with the letters of `user: `, which careless parsers eat. */
const ownWords = ["summarize", "user", "sure", "erase", "several", "a", "quick", "story", "of", "foxes", "and", "dogs"];

const splitWords = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== "");

/** Where it is no dialogue it lacks the beginning or the part, or has the part twice. */
function renderDialogue(words: readonly string[], share: number, random: Random): string {
  const place = 1 + random.integer(Math.max(1, words.length - 2));
  const [first, second, third] = [words.slice(0, place), words.slice(place, -1), words.slice(-1)].map((part) =>
    part.join(" "),
  );
  if (words.length < 3) return words.join(" ");
  if (random.uniform() < share) return `user: ${first}\nassistant: ${second} ${third}`;
  const broken = [
    `${first}\nassistant: ${second} ${third}`,
    `user: ${first} ${second} ${third}`,
    `user: ${first}\nassistant: ${second}\nassistant: ${third}`,
  ];
  return broken[random.integer(broken.length)] as string;
}

function drawFault(uniform: number, { answers }: Script): AnswerFault | null {
  let place = uniform;
  for (const fault of answerFaults) {
    place -= answers[fault];
    if (place < 0) return fault;
  }
  return null;
}
