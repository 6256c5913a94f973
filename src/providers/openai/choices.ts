// What a whole reply says, in any of the shapes that servers of OpenAI's routes answer in: texts, how each ended, the
// log-probabilities of its tokens, and what was counted. A reply that leaves something needed out is lost, never guessed.
//
// The end token: where a server tells its log-probability it stands among the terms (vLLM, SGLang, Refeed's own); OpenAI,
// llama.cpp and Ollama leave it out, and nothing is put in its place. One endpoint treats all its texts alike.

import type { LostCause } from "../exchange.ts";
import { parseCount } from "../usage.ts";
import { isRecord } from "../wire/complaint.ts";
import { readName } from "./names.ts";
import { parseTerms } from "./terms.ts";

export interface Choice {
  readonly text: string;
  readonly finish: "stop" | "length" | "refused";
  /** ln p of each token; null where it was not told, or not in numbers that can be right. */
  readonly terms: Float64Array | null;
}

export interface Choices {
  readonly kind: "choices";
  /** As many as were asked for, by their index. */
  readonly choices: readonly Choice[];
  /** By which name the model answered; null where it was not told. */
  readonly model: string | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

export interface Expected {
  readonly count: number;
  readonly maxTokens: number;
  readonly stop: readonly string[];
  /** False for servers known to leave the reason of the end out. */
  readonly hasFinish: boolean;
}

interface Lost {
  readonly kind: "lost";
  readonly reason: string;
  readonly cause?: LostCause;
}

const noFinish = "a text has no finish_reason (finish: optional is for servers known to leave it out)";

const finishes: Readonly<Record<string, Choice["finish"]>> = {
  stop: "stop",
  eos: "stop",
  eos_token: "stop",
  end_turn: "stop",
  stop_sequence: "stop",
  tool_calls: "stop",
  function_call: "stop",
  length: "length",
  max_tokens: "length",
  max_length: "length",
  model_length: "length",
  content_filter: "refused",
  refusal: "refused",
  safety: "refused",
};

/** `pieces` counts, for a reply that was streamed, the pieces of text of each choice. */
export function parseChoices(value: unknown, expected: Expected, pieces: readonly number[] = []): Choices | Lost {
  if (!isRecord(value) || !Array.isArray(value.choices)) return lose("the reply has no choices", "page");
  const list = value.choices as readonly unknown[];
  if (list.length !== expected.count) {
    const counted = list.length === 1 ? "1 choice" : `${list.length} choices`;
    const cause = list.length < expected.count && expected.count > 1 ? "draws" : undefined;
    return lose(`the reply has ${counted} where ${expected.count} were asked for`, cause);
  }
  const usage = isRecord(value.usage) ? value.usage : {};
  const promptTokens = parseCount(usage.prompt_tokens);
  const completionTokens = parseCount(usage.completion_tokens);
  const choices: (Choice | undefined)[] = list.map(() => undefined);
  for (let place = 0; place < list.length; place++) {
    const raw = list[place];
    if (!isRecord(raw)) return lose("a choice is no object");
    const index = raw.index ?? place;
    if (typeof index !== "number" || !(index in choices) || choices[index] !== undefined) {
      return lose("the choices of the reply are not numbered each once");
    }
    const choice = parseChoice(raw, expected, expected.count === 1 ? completionTokens : null);
    if (typeof choice === "string") return lose(choice, choice === noFinish ? "finish" : undefined);
    choices[index] = choice;
  }
  const told = choices as Choice[];
  if (isRepeated(told, pieces, completionTokens))
    return lose("the reply has more tokens than it counts: a piece came twice");
  return { kind: "choices", choices: told, model: readName(value), promptTokens, completionTokens };
}

/** The choice, or what is wrong with it. */
function parseChoice(
  raw: Readonly<Record<string, unknown>>,
  { maxTokens, stop, hasFinish }: Expected,
  tokenCount: number | null,
): Choice | string {
  const message = isRecord(raw.message) ? raw.message : null;
  const text = message === null ? raw.text : (readContent(message.content) ?? readRefusal(message) ?? "");
  if (typeof text !== "string") return "a choice has neither message nor text";
  const told = raw.finish_reason ?? null;
  let finish: Choice["finish"];
  if (typeof told === "string" && told !== "") {
    const known = finishes[told.toLowerCase()];
    if (known === undefined) return `a text ended by ${JSON.stringify(told).slice(0, 60)}, which is no end`;
    finish = known;
  } else if (hasFinish) return noFinish;
  else finish = tokenCount !== null && tokenCount >= maxTokens ? "length" : "stop";
  if (message !== null && readRefusal(message) !== null) finish = "refused";
  // Thoughts are tokens too and stand among the terms, but they are no part of the text.
  const hasThoughts = message !== null && (hasText(message.reasoning_content) || hasText(message.reasoning));
  const terms = hasThoughts ? null : parseTerms(raw.logprobs);
  return cutAtStop({ text, finish, terms }, stop);
}

/** A text ends where a stop text begins: some servers leave it on, some do not heed it. */
function cutAtStop(choice: Choice, stop: readonly string[]): Choice {
  if (stop.length === 0) return choice;
  const found = stop.map((word) => choice.text.indexOf(word)).filter((place) => place >= 0);
  if (found.length === 0) return choice;
  const place = Math.min(...found);
  const isAtEnd = stop.some((word) => place + word.length === choice.text.length && choice.text.endsWith(word));
  // The tokens of a stop text at the very end are what ended it; of tokens beyond nobody knows where the cut lies.
  const finish = choice.finish === "refused" ? "refused" : "stop";
  return { text: choice.text.slice(0, place), finish, terms: isAtEnd ? choice.terms : null };
}

/** A token makes one piece or a part of one: more pieces, or more terms, than tokens cannot be. */
function isRepeated(choices: readonly Choice[], pieces: readonly number[], completionTokens: number | null): boolean {
  if (completionTokens === null || pieces.length === 0) return false;
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  return sum(choices.map(({ terms }) => terms?.length ?? 0)) > completionTokens || sum(pieces) > completionTokens;
}

function readContent(content: unknown): string | null {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return null;
  const texts = content.map((part) => (isRecord(part) && typeof part.text === "string" ? part.text : ""));
  return texts.join("");
}

function readRefusal({ refusal }: Readonly<Record<string, unknown>>): string | null {
  return hasText(refusal) ? refusal : null;
}

function hasText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function lose(reason: string, cause?: LostCause): Lost {
  return { kind: "lost", reason, ...(cause && { cause }) };
}
