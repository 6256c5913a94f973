// What an endpoint wrote, token by token, and the same text laid beside it as it is told of when given.

import { computePlacement } from "./placement.ts";
import { readList, readNumber, readPath, readText } from "./reading.ts";
import type { Passage } from "./verdict.ts";
import { type GivenText, joinAll, type Listing } from "./ways.ts";

/** A text that was written, with what was told of its tokens; null where nothing was. */
export interface Written {
  readonly text: string;
  readonly tokens: readonly WrittenToken[] | null;
}

export interface WrittenToken {
  readonly text: string;
  readonly logProbability: number;
}

/** A choice of the raw route. Undefined where it is none. */
export function readRawChoice(reply: unknown, index = 0): Written | undefined {
  const choices = readList(reply, "choices");
  const choice = choices?.find((each) => readNumber(each, "index") === index) ?? choices?.[index];
  const text = readText(choice, "text");
  if (text === null) return undefined;
  const texts = readList(choice, "logprobs", "tokens");
  const terms = readList(choice, "logprobs", "token_logprobs");
  if (texts === null || terms === null || texts.length !== terms.length) return { text, tokens: readContent(choice) };
  return { text, tokens: createTokens(texts.map((token, at) => [token, terms[at]])) };
}

/** A choice of the chat route. */
export function readChatChoice(reply: unknown, index = 0): Written | undefined {
  const choices = readList(reply, "choices");
  const choice = choices?.find((each) => readNumber(each, "index") === index) ?? choices?.[index];
  const text = readText(choice, "message", "content");
  return text === null ? undefined : { text, tokens: readContent(choice) };
}

/** TGI's own route tells of what it wrote where its others do not. */
export function readTgiWritten(reply: unknown): Written | undefined {
  const whole = readPath(reply, 0) ?? reply;
  const text = readText(whole, "generated_text");
  if (text === null) return undefined;
  const tokens = readList(whole, "details", "tokens");
  const pairs = tokens?.map((token): readonly [unknown, unknown] => [
    readPath(token, "text"),
    readPath(token, "logprob"),
  ]);
  return { text, tokens: pairs ? createTokens(pairs) : null };
}

function readContent(choice: unknown): readonly WrittenToken[] | null {
  const content = readList(choice, "logprobs", "content");
  if (content === null) return null;
  // mlx-lm's server tells a token's number and not how it is spelled.
  const spell = (token: unknown): unknown =>
    readPath(token, "token") ?? (readPath(token, "id") === undefined ? null : "");
  return createTokens(content.map((token) => [spell(token), readPath(token, "logprob")]));
}

function createTokens(pairs: readonly (readonly [unknown, unknown])[]): readonly WrittenToken[] | null {
  const tokens = pairs.flatMap(([text, term]) =>
    typeof text === "string" && typeof term === "number" ? [{ text, logProbability: term }] : [],
  );
  return tokens.length === pairs.length && tokens.length > 0 ? tokens : null;
}

/** Undefined where the tokens of either side are not those of the text. */
export function computePassage(given: GivenText, written: Written, listing: Listing): Passage | undefined {
  if (written.tokens === null || listing.kind === "silent") return undefined;
  const own = computePlacement(
    written.tokens.map(({ text }) => text),
    given.completion,
  );
  const told = computePlacement(
    listing.tokens.map(({ text }) => text),
    joinAll(given),
  );
  if (own === null || told === null) return undefined;
  const indexes = new Map<string, number>();
  const shared = new Set<string>();
  for (const [index, start] of told.starts.entries()) {
    const place = `${start} ${told.ends[index]}`;
    if (indexes.has(place)) shared.add(place);
    indexes.set(place, index);
  }
  const origin = given.prompt.length + given.join.length;
  const found = own.starts.map((start, index) => {
    const place = `${start + origin} ${(own.ends[index] as number) + origin}`;
    // Tokens without a place of their own, and those that a given text falls into otherwise, are not compared.
    return start === own.ends[index] || shared.has(place) ? undefined : indexes.get(place);
  });
  return {
    written: own.starts.map((_, index) => (written.tokens as readonly WrittenToken[])[index]?.logProbability as number),
    given: found.map((index) => (index === undefined ? null : (listing.tokens[index]?.logProbability ?? null))),
    best: found.map((index) => (index === undefined ? null : (listing.tokens[index]?.best ?? null))),
  };
}
