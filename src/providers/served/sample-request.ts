// What a body asks for: draws of prompts, or the score of given texts. Everything that cannot be heeded is refused by name.
// It knows no models and no HTTP.

import { computeSeed, parseSeed } from "../../keys/seed.ts";
import type { ServedTokens } from "./engine.ts";
import { type Members, parseMembers } from "./members.ts";
import { Refusal } from "./refusal.ts";

export interface Decoding {
  readonly temperature: number;
  readonly topP: number | null;
  readonly topK: number | null;
  readonly maxTokens: number;
  readonly stop: readonly string[];
}

export interface DrawRequest {
  readonly kind: "draw";
  readonly model: string;
  readonly prompts: readonly string[];
  /** Draws a prompt. */
  readonly draws: number;
  /** One for each choice: draw by draw within a prompt. */
  readonly seeds: readonly Uint32Array[];
  readonly decoding: Decoding;
  readonly hasTokens: boolean;
  readonly isStreamed: boolean;
  /** A stream ends with its usage. */
  readonly hasUsage: boolean;
}

export interface GivenRequest {
  readonly kind: "given";
  readonly model: string;
  readonly texts: readonly GivenText[];
}

export interface GivenText {
  readonly prompt: string;
  readonly completion: string;
}

export interface RequestRules {
  readonly tokens: ServedTokens;
  /** The seed of a request that brings none. */
  readonly drawSeed: () => number;
}

/** Stands between prompt and completion of a text that is to be scored. No token of the models holds it. */
export const joinMarker = "<|summary|>";

/** Choices one request may ask for. */
const mostChoices = 1024;

export function parseCompletion(body: unknown, rules: RequestRules): DrawRequest | GivenRequest {
  const members = parseMembers(body);
  const model = readModel(members);
  const prompts = members.texts("prompt");
  if (prompts === undefined || prompts.length === 0) {
    const what = prompts === undefined ? "prompt is missing" : "prompt is an empty list";
    throw new Refusal(`${what}; give a string or a list of strings`, { param: "prompt" });
  }
  const logprobs = members.raw("logprobs");
  if (logprobs !== undefined && logprobs !== 0 && logprobs !== 1) {
    const what = "logprobs must be 0 or 1: the log-probabilities of what was chosen; alternatives are not kept";
    throw new Refusal(what, { param: "logprobs" });
  }
  members.inert("suffix", [""]);
  const request = members.flag("echo")
    ? parseGiven(members, { model, prompts, hasTokens: logprobs !== undefined })
    : parseDraws(members, { model, prompts, hasTokens: logprobs !== undefined, limitName: "max_tokens" }, rules);
  members.inert("best_of", [1, ...(request.kind === "draw" ? [request.draws] : [])]);
  finish(members);
  return request;
}

export function parseChat(body: unknown, rules: RequestRules): DrawRequest {
  const members = parseMembers(body);
  const model = readModel(members);
  const prompts = [readMessage(members.raw("messages"))];
  const hasTokens = members.flag("logprobs");
  members.inert("top_logprobs", [0]);
  members.inert("response_format", [{ type: "text" }]);
  const limitName = members.has("max_completion_tokens") ? "max_completion_tokens" : "max_tokens";
  const request = parseDraws(members, { model, prompts, hasTokens, limitName }, rules);
  finish(members);
  return request;
}

function readModel(members: Members): string {
  const model = members.text("model");
  if (model === undefined)
    throw new Refusal("model is missing; GET /v1/models lists what is served", { param: "model" });
  return model;
}

/** The models read one article: a user's message. What would have to be left out is refused. */
function readMessage(messages: unknown): string {
  const param = "messages";
  const what = "messages must hold one message, of role user: the models read one prompt and no conversation";
  if (!Array.isArray(messages) || messages.length !== 1) throw new Refusal(what, { param });
  const message = parseMembers(messages[0], "messages[0]");
  if (message.text("role") !== "user") throw new Refusal(what, { param });
  const content = message.raw("content");
  message.finish();
  if (typeof content === "string") return content;
  const parts = Array.isArray(content) ? content.map((part) => parseMembers(part, "messages[0].content")) : [];
  const texts = parts.map((part) => (part.text("type") === "text" ? part.text("text") : undefined));
  for (const part of parts) part.finish();
  if (texts.length === 0 || texts.includes(undefined)) throw new Refusal("content must be text", { param });
  return texts.join("");
}

interface Asked {
  readonly model: string;
  readonly prompts: readonly string[];
  readonly hasTokens: boolean;
}

function parseDraws(
  members: Members,
  { limitName, ...asked }: Asked & { readonly limitName: string },
  { tokens, drawSeed }: RequestRules,
): DrawRequest {
  const draws = members.integer("n", { least: 1, most: mostChoices }, 1);
  const count = draws * asked.prompts.length;
  if (count > mostChoices) {
    const what = `${asked.prompts.length} prompts with n ${draws} are ${count} choices; a request may ask for ${mostChoices}`;
    throw new Refusal(what, { param: "n" });
  }
  const topK = members.integer("top_k", { least: -1, most: Number.MAX_SAFE_INTEGER }, -1);
  const stop = members.texts("stop") ?? [];
  if (stop.length > 16 || stop.includes("")) {
    throw new Refusal("stop must be at most 16 texts of one character or more", { param: "stop" });
  }
  const decoding: Decoding = {
    temperature: members.number("temperature", { least: 0, most: Number.MAX_VALUE }, 1),
    topP: members.number("top_p", { least: 0, most: 1, isOpen: true }, null),
    // Servers write "all tokens" as 0 or as -1.
    topK: topK > 0 ? topK : null,
    maxTokens: members.integer(
      limitName,
      { least: 1, most: tokens.completionLimit },
      Math.min(16, tokens.completionLimit),
    ),
    stop,
  };
  const seeds = readSeeds(members, { draws, count, drawSeed });
  const isStreamed = members.flag("stream");
  const options = members.raw("stream_options");
  if (options !== undefined && !isStreamed) {
    throw new Refusal("stream_options is for streams: set stream to true", { param: "stream_options" });
  }
  const streamed = parseMembers(options ?? {}, "stream_options");
  const hasUsage = streamed.flag("include_usage");
  streamed.finish();
  return { kind: "draw", ...asked, draws, seeds, decoding, isStreamed, hasUsage };
}

/** Draw d of a prompt belongs to (seed, d), so a prompt's draws do not depend on its company. */
function readSeeds(
  members: Members,
  { draws, count, drawSeed }: { readonly draws: number; readonly count: number; readonly drawSeed: () => number },
): readonly Uint32Array[] {
  const least = Number.MIN_SAFE_INTEGER;
  const seed = members.integer("seed", { least, most: Number.MAX_SAFE_INTEGER }, undefined);
  const given = members.texts("seeds");
  if (given === undefined) {
    const first = seed ?? drawSeed();
    return Array.from({ length: count }, (_, choice) => computeSeed("served", first, choice % draws));
  }
  if (seed !== undefined) throw new Refusal("seed and seeds are given; leave one of them out", { param: "seeds" });
  const seeds = given.map(parseSeed);
  if (seeds.length !== count || seeds.includes(undefined)) {
    const number = count === 1 ? "one text" : `${count} texts`;
    const what = `seeds must be a list of ${number} of 32 hexadecimal digits, lower case, one for each choice`;
    throw new Refusal(what, { param: "seeds" });
  }
  return seeds as readonly Uint32Array[];
}

function parseGiven(members: Members, { model, prompts, hasTokens }: Asked): GivenRequest {
  const limit = members.raw("max_tokens");
  if (limit !== 0) throw new Refusal("echo is for scoring a given text: set max_tokens to 0", { param: "max_tokens" });
  if (!hasTokens) throw new Refusal("echo is for scoring a given text: set logprobs to 0", { param: "logprobs" });
  // What belongs to drawing changes no score.
  for (const name of ["temperature", "top_p", "top_k", "seed"]) members.raw(name);
  members.inert("n", [1]);
  members.inert("stream", [false]);
  if (prompts.length > mostChoices) {
    throw new Refusal(`${prompts.length} texts are given; a request may hold ${mostChoices}`, { param: "prompt" });
  }
  return { kind: "given", model, texts: prompts.map(splitGiven) };
}

function splitGiven(text: string): GivenText {
  const [prompt, completion, ...more] = text.split(joinMarker);
  if (completion === undefined || more.length > 0) {
    const times = completion === undefined ? "not at all" : `${more.length + 1} times`;
    const what = `a text that is to be scored must hold ${joinMarker} once, between prompt and completion; it holds it ${times}`;
    throw new Refusal(what, { param: "prompt", code: "invalid_prompt" });
  }
  return { prompt: prompt as string, completion };
}

/** Members that say nothing, or say that nothing is to be done. */
function finish(members: Members): void {
  for (const name of ["presence_penalty", "frequency_penalty", "min_p"]) members.inert(name, [0]);
  members.inert("repetition_penalty", [1]);
  members.inert("logit_bias", [{}]);
  members.text("user");
  members.finish();
}
