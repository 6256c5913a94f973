// Answers in the shapes that OpenAI's clients read: whole, or as events of a stream. Numbers go out so that they come
// back to the bit. It knows nothing of where answers come from.

import type { LogProbability } from "../../domain/ports.ts";
import type { Candidate } from "../../domain/rows.ts";
import type { ServedTokens } from "./engine.ts";
import { Refusal } from "./refusal.ts";
import { type DrawRequest, type GivenText, joinMarker } from "./sample-request.ts";
import { type SpelledTokens, spell } from "./spelling.ts";

/** What every reply, and every event of a stream, begins with. */
export interface Envelope {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  readonly system_fingerprint: string;
}

export interface UsageReply {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** A choice of either kind of reply; `delta` is what a stream has in place of `message`. */
export interface ChoiceReply {
  readonly index: number;
  readonly finish_reason: string | null;
  readonly [member: string]: unknown;
}

/** Refuses a prompt without a token: there is nothing to be encoded, and so no completion. */
export function validateCandidate({ finish }: Candidate): void {
  if (finish !== "refused") return;
  throw new Refusal("the prompt is empty: the models need a token at least", {
    param: "prompt",
    code: "invalid_prompt",
  });
}

export function renderCompletionChoice(
  candidate: Candidate,
  index: number,
  { request, tokens }: { readonly request: DrawRequest; readonly tokens: ServedTokens },
): ChoiceReply {
  const logprobs = request.hasTokens ? renderLogProbabilities(spellCandidate(candidate, tokens)) : null;
  return { index, text: candidate.completion, logprobs, finish_reason: candidate.finish };
}

export function renderChatChoice(
  candidate: Candidate,
  index: number,
  { request, tokens }: { readonly request: DrawRequest; readonly tokens: ServedTokens },
): ChoiceReply {
  const message = { role: "assistant", content: candidate.completion, refusal: null };
  const body = request.isStreamed ? { delta: message } : { message };
  const logprobs = request.hasTokens ? renderChatTokens(spellCandidate(candidate, tokens)) : null;
  return { index, ...body, logprobs, finish_reason: candidate.finish };
}

/** A given text with the log-probabilities of its completion; the prompt and the marker were read and not scored. */
export function renderGivenChoice(
  { prompt, completion }: GivenText,
  { index, score, tokens }: { readonly index: number; readonly score: LogProbability; readonly tokens: ServedTokens },
): ChoiceReply {
  if (score.tokens === null) {
    throw new Refusal(score.reason ?? "the text cannot be scored", { param: "prompt", code: "invalid_prompt" });
  }
  const given = [...tokens.split(prompt), joinMarker];
  const before = spell(
    given,
    given.map(() => null),
  );
  const pieces = tokens.split(completion);
  const scored = spell(pieces, score.tokens, (before.offsets.at(-1) as number) + joinMarker.length);
  const all = { tokens: [...before.tokens, ...scored.tokens], terms: [...before.terms, ...scored.terms] };
  const logprobs = renderLogProbabilities({ ...all, offsets: [...before.offsets, ...scored.offsets] });
  // A completion that did not fit was scored as far as the models go, and has no end.
  const finish = score.tokenCount > pieces.length ? "stop" : "length";
  return { index, text: prompt + joinMarker + completion, logprobs, finish_reason: finish };
}

function spellCandidate(candidate: Candidate, { split }: ServedTokens): SpelledTokens {
  const terms = candidate.tokenLogProbabilities;
  if (terms === null) throw new TypeError("a served model gives the log-probabilities of what it writes");
  return spell(split(candidate.completion), terms);
}

function renderLogProbabilities({ tokens, terms, offsets }: SpelledTokens) {
  return { tokens, token_logprobs: terms, top_logprobs: null, text_offset: offsets };
}

function renderChatTokens({ tokens, terms }: SpelledTokens) {
  const content = tokens.map((token, at) => {
    return { token, logprob: terms[at], bytes: [...Buffer.from(token)], top_logprobs: [] };
  });
  return { content, refusal: null };
}

/**
 * Tokens that were read, of each prompt once, and all that were written. What of a prompt the models do not read is
 * cut, as in the process that trains them, and never left unsaid.
 */
export function renderCounts(
  prompts: readonly string[],
  { tokens, written }: { readonly tokens: ServedTokens; readonly written: number },
): { readonly usage: UsageReply; readonly warnings?: readonly string[] } {
  const { promptLimit } = tokens;
  const counts = prompts.map((prompt) => tokens.split(prompt).length);
  const read = counts.reduce((sum, count) => sum + Math.min(count, promptLimit), 0);
  const usage = { prompt_tokens: read, completion_tokens: written, total_tokens: read + written };
  const warnings = counts.flatMap((count, index) =>
    count > promptLimit ? [`prompt ${index} has ${count} tokens; the models read the first ${promptLimit}`] : [],
  );
  return warnings.length > 0 ? { usage, warnings } : { usage };
}
