// Canaries: fixed texts that an endpoint goes on with greedily. What it writes is its fingerprint, and what it is proved by.

import { readChatChoice, readRawChoice, readTgiWritten, type Written } from "../given/passages.ts";
import { createLimit, createLogProbabilities, finish, type LogProbabilityShape } from "../openai/body.ts";
import type { Canary } from "./evidence.ts";
import type { ProbeReply, Prober } from "./prober.ts";

/** Plain English of the kinds that most models have read, none of them the end of a text. */
export const canaryPrompts: readonly string[] = [
  "The harbour lay quiet that morning. The fishermen had gone out before dawn, and",
  "Officials in the city said on Tuesday that the new bridge would be open to traffic by",
  "To make the soup, first cut the onions and the carrots into small pieces. Then",
  "The committee met for three hours. When it was over, the chairman told reporters that",
  "Shares of the company fell sharply after it said that profits for the year would",
  "The storm moved north along the coast during the night. Schools and offices were",
  "The museum has bought two paintings by the same artist. The first of them shows",
  "In the second half the visitors scored twice. Their captain said after the match that",
];

export const longest = 96;

/** Where a server names the length as what it does not take: some write no more than a headline. */
const shorter = 16;

export interface WrittenCanary extends Written {
  readonly prompt: string;
}

/** The first canary, and how the route takes to be asked for log-probabilities. */
export interface First {
  readonly written: WrittenCanary;
  readonly dialect: LogProbabilityShape;
  /** Tokens that it takes to be asked for. */
  readonly most: number;
  /** The same once more. */
  again(): Promise<WrittenCanary | undefined>;
}

export async function writeRaw(prober: Prober): Promise<First | undefined> {
  // Where chats are sampled, a text without log-probabilities is had there.
  const dialects = prober.settings.ask === "chat" ? (["number", "boolean"] as const) : dialectsInOrder;
  return writeFirst(prober, dialects, async (call) => {
    const written = await writeOne(prober, { index: 0, ...call });
    return written && { written, dialect: written.tokens ? call.dialect : "none" };
  });
}

/** In the first way that is taken. */
async function writeFirst(
  prober: Prober,
  dialects: readonly LogProbabilityShape[],
  write: (call: Length) => Promise<Pick<First, "written" | "dialect"> | undefined>,
): Promise<First | undefined> {
  let most = longest;
  for (const dialect of dialects) {
    let first = await write({ dialect, most });
    if (first === undefined && most === longest && isLengthRefused(prober)) {
      most = shorter;
      first = await write({ dialect, most });
    }
    if (first) return { ...first, most, again: async () => (await write({ dialect, most }))?.written };
  }
  return undefined;
}

const isLengthRefused = ({ untold }: Prober): boolean => isLength(untold.at(-1)?.param ?? "");

/** The member by which a request says how long its answer may be. */
export const isLength = (param: string): boolean => /^max_(completion_)?tokens$/.test(param);

const dialectsInOrder: readonly LogProbabilityShape[] = ["number", "boolean", "none"];

interface Length {
  readonly dialect: LogProbabilityShape;
  readonly most: number;
}

interface Which extends Length {
  readonly index: number;
}

export async function writeOne(prober: Prober, { index, ...length }: Which): Promise<WrittenCanary | undefined> {
  const prompt = canaryPrompts[index] as string;
  const { model, settings } = prober;
  const isSampled = settings.ask === "completions";
  const { dialect, most } = length;
  const told = createLogProbabilities({ ...settings, ask: "completions" }, { logProbabilities: dialect });
  // What is said of chats may be unknown to the raw route.
  const params = isSampled ? settings.params : {};
  const body = finish({ params }, { model, prompt, max_tokens: most, temperature: 0, ...told });
  const name = `canary-${index}-${nameLength(length)}`;
  const reply = await prober.ask({ name, path: "/completions", body, tokenCount: most });
  const written = reply.kind === "told" ? readRawChoice(reply.value) : undefined;
  return written && { ...written, prompt };
}

const nameLength = ({ dialect, most }: Length): string => (most === longest ? dialect : `${dialect}-${most}`);

/** What a chat answers to the first canary: of endpoints that have nothing else. */
export function writeChat(prober: Prober): Promise<First | undefined> {
  return writeFirst(prober, dialectsInOrder, async (call) => {
    const written = await writeAnswer(prober, call);
    return written && { written, dialect: call.dialect };
  });
}

async function writeAnswer({ model, settings, ask }: Prober, length: Length): Promise<WrittenCanary | undefined> {
  const prompt = canaryPrompts[0] as string;
  const chat = { ...settings, ask: "chat" } as const;
  const { dialect, most } = length;
  const told = createLogProbabilities(chat, { logProbabilities: dialect });
  const messages = [{ role: "user", content: prompt }];
  const body = finish(chat, { model, messages, temperature: 0, ...createLimit(chat, most), ...told });
  const name = `canary-chat-${nameLength(length)}`;
  const reply = await ask({ name, path: "/chat/completions", body, tokenCount: most });
  const written = reply.kind === "told" ? readChatChoice(reply.value) : undefined;
  return written && { ...written, prompt };
}

/** By TGI's own route, which tells of what it writes where its others do not. */
export async function writeTgi(prober: Prober, index: number): Promise<WrittenCanary | undefined> {
  const prompt = canaryPrompts[index] as string;
  const body = { inputs: prompt, parameters: { max_new_tokens: longest, details: true, do_sample: false } };
  const name = `canary-${index}-tgi`;
  const reply = await prober.ask({ name, path: "/generate", isBeside: true, body, tokenCount: longest });
  const written = reply.kind === "told" ? readTgiWritten(reply.value) : undefined;
  return written && { ...written, prompt };
}

export interface WrittenTogether {
  readonly written: readonly WrittenCanary[];
  /** Why there is none. */
  readonly reason: string;
}

/** Refeed's own server writes short texts and takes many in one request, as long as its models write. */
export function writeTogether(prober: Prober): Promise<WrittenTogether> {
  return askTogether(prober, { name: "canaries", n: 1, temperature: 0 });
}

/**
 * Draws of the same canaries by Refeed's own server, whose log-probabilities are the model's own at any temperature: of a
 * model that writes little, or nothing but the likeliest, they are long and surprising enough.
 */
export function drawTogether(prober: Prober): Promise<WrittenTogether> {
  return askTogether(prober, { name: "canaries-drawn", n: drawsTogether, temperature: 2 });
}

const drawsTogether = 8;

interface Together {
  readonly name: string;
  readonly n: number;
  readonly temperature: number;
}

async function askTogether(prober: Prober, { name, n, temperature }: Together): Promise<WrittenTogether> {
  const body = { model: prober.model, prompt: canaryPrompts, n, seed: 1, temperature, logprobs: 1 };
  const tokenCount = canaryPrompts.length * n * longest;
  const reply: ProbeReply = await prober.ask({ name, path: "/completions", body, tokenCount });
  if (reply.kind === "untold") return { written: [], reason: reply.reason };
  const written = canaryPrompts.flatMap((prompt, at) =>
    Array.from({ length: n }, (_, draw) => readRawChoice(reply.value, at * n + draw)).flatMap(
      (read): WrittenCanary[] => (read ? [{ ...read, prompt }] : []),
    ),
  );
  return { written, reason: "it wrote nothing" };
}

/** What is kept of them. */
export function createCanaries(written: readonly WrittenCanary[], isSteady = true): readonly Canary[] {
  return written.map(({ prompt, text, tokens }) => ({
    prompt,
    text,
    isSteady,
    tokens: tokens?.map((token) => token.text) ?? null,
    terms: tokens?.map(({ logProbability }) => logProbability) ?? null,
  }));
}
