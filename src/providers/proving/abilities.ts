// What an endpoint heeds of a request for draws: n, seed and stop, from two replies; and whether it has a chat route.
// Many a server takes a member it does not know and answers as if it were not there, so what counts is what comes back.

import type { Json } from "../../keys/canonical.ts";
import { readChatChoice, readRawChoice, type Written } from "../given/passages.ts";
import { readList } from "../given/reading.ts";
import { createLimit, createLogProbabilities, finish, type LogProbabilityShape } from "../openai/body.ts";
import { routeOf } from "../openai/talk.ts";
import type { Abilities, SeveralDraws } from "./evidence.ts";
import type { Prober } from "./prober.ts";
import { isTriedInFull } from "./proof-cost.ts";

interface Known {
  readonly completions: boolean | null;
  /** Of the raw route. */
  readonly dialect: LogProbabilityShape | null;
  /** The most draws that one request is to bring. */
  readonly draws?: number | undefined;
}

/** Of an endpoint that is not sampled. */
export const unknownAbilities: Abilities = {
  ...{ n: null, seed: null, stop: null, logProbabilities: null, chat: null, completions: null },
  dialect: "none",
};

const text = "Here is the first line of a story that nobody has told before:";

/** Enough to tell draws apart, and no more than the shortest of models writes. */
const drawTokens = 12;

/** Draws as likely as that in common come about by chance. */
const leastSurprise = 4;

/** Throws nothing of its own: an endpoint that answers no draw shows that when it is sampled. */
export async function probeAbilities(prober: Prober, { completions, dialect: raw, draws }: Known): Promise<Abilities> {
  const isChat = prober.settings.ask === "chat";
  const dialects = isChat ? (["number", "boolean", "none"] as const) : raw === null ? [] : [raw];
  let first: Drawn | undefined;
  let dialect: LogProbabilityShape = "none";
  for (dialect of dialects) {
    first = await draw(prober, { name: `draw-${dialect}`, dialect, members: { n: 2 } });
    if (first) break;
  }
  const isOut = prober.left() === 0;
  const refusal = prober.untold.at(-1)?.reason;
  // Some refuse n, others log-probabilities; a plain request shows whether there is anything at all.
  const heard = first ?? (await draw(prober, { name: "draw-plain", dialect: "none", members: {} }));
  const written = heard?.draws[0];
  const found = { completions, dialect: first && written?.tokens ? dialect : ("none" as const) };
  if (written === undefined) {
    return { ...found, n: null, seed: null, stop: null, logProbabilities: false, chat: isChat ? false : null };
  }
  const stop = findStop(written.text);
  const members = { ...(first ? { n: 2 } : {}), ...(stop === null ? {} : { stop: [stop] }) };
  const again = await draw(prober, { name: "draw-again", dialect: found.dialect, members });
  const pair = first ? countPair(first) : isOut ? null : { asked: 2, came: null, ...(refusal && { reason: refusal }) };
  const n = pair && pair.came === 2;
  const isMore = n && isTriedInFull(prober.settings, draws);
  const several = isMore ? await drawSeveral(prober, draws as number) : pair;
  return {
    ...found,
    n,
    ...(several && { several }),
    ...compareAgain(written, again, stop),
    logProbabilities: written.tokens !== null,
    chat: isChat ? true : await probeChat(prober),
    completions: isChat ? completions : true,
  };
}

interface Drawn {
  readonly draws: readonly Written[];
  /** Choices, with a text or without. */
  readonly count: number;
}

interface DrawCall {
  readonly name: string;
  readonly dialect: LogProbabilityShape;
  readonly members: Readonly<Record<string, Json>>;
}

async function draw(prober: Prober, { name, dialect, members }: DrawCall): Promise<Drawn | undefined> {
  const { settings, model } = prober;
  const isChat = settings.ask === "chat";
  const body = finish(settings, {
    ...{ model, ...(isChat ? { messages: [{ role: "user", content: text }] } : { prompt: text }) },
    ...{ temperature: 1, seed: 1, ...createLimit(settings, drawTokens), ...members },
    ...createLogProbabilities(settings, { logProbabilities: dialect }),
  });
  const reply = await prober.ask({ name, path: routeOf(settings), body, tokenCount: 2 * drawTokens });
  if (reply.kind === "untold") return undefined;
  const count = countChoices(reply.value);
  const read = isChat ? readChatChoice : readRawChoice;
  const draws = Array.from({ length: count }, (_, index) => read(reply.value, index));
  const told = draws.filter((each) => each !== undefined);
  return told.length === 0 ? undefined : { draws: told, count };
}

const countChoices = (reply: unknown): number => readList(reply, "choices")?.length ?? 0;

/** Of two. Draws that are equal although that is unlikely are one draw told twice; null where nobody knows how likely. */
function countPair({ draws, count }: Drawn): SeveralDraws | null {
  const [one, other] = draws;
  if (count !== 2 || one === undefined || other === undefined) return { asked: 2, came: Math.min(count, 1) };
  if (one.text !== other.text || computeSurprise(one) < leastSurprise) return { asked: 2, came: 2 };
  return one.tokens === null ? null : { asked: 2, came: 1 };
}

/** Some bring no more than so many, and say nothing of it; as many as will be asked for, as short as can be. */
async function drawSeveral(prober: Prober, asked: number): Promise<SeveralDraws | null> {
  if (prober.left() === 0) return null;
  const { settings, model } = prober;
  const body = finish(settings, {
    ...{ model, ...(settings.ask === "chat" ? { messages: [{ role: "user", content: text }] } : { prompt: text }) },
    ...{ temperature: 1, seed: 1, ...createLimit(settings, 1), n: asked },
  });
  const reply = await prober.ask({ name: "draw-several", path: routeOf(settings), body, tokenCount: asked });
  if (reply.kind === "untold") return { asked, came: null, reason: reply.reason };
  return { asked, came: countChoices(reply.value) };
}

/** Minus ln p of a text; endless where it is not told. */
function computeSurprise({ tokens }: Written): number {
  if (tokens === null) return Number.POSITIVE_INFINITY;
  return tokens.reduce((sum, { logProbability }) => sum - logProbability, 0);
}

/** A piece of the text whose first place is well inside it. */
function findStop(written: string): string | null {
  for (let at = Math.ceil(written.length / 2); at < written.length - 2; at++) {
    const stop = written.slice(at, at + 3);
    if (written.indexOf(stop) === at && at >= 4 && stop.trim() !== "") return stop;
  }
  return null;
}

function compareAgain(
  heard: Written,
  again: Drawn | undefined,
  stop: string | null,
): { readonly seed: boolean | null; readonly stop: boolean | null } {
  const repeated = again?.draws[0];
  if (again === undefined || repeated === undefined) return { seed: null, stop: null };
  const cut = stop === null ? heard.text : heard.text.slice(0, heard.text.indexOf(stop));
  // What stands before the stop text is the same for the same seed, whatever becomes of the rest: it may go on as if nothing
  // had been asked, or with the stop text taken out. A text that is all but certain comes again without any seed.
  if (repeated.text.startsWith(cut)) {
    const seed = computeSurprise(heard) >= leastSurprise ? true : null;
    return { seed, stop: stop === null ? null : repeated.text === cut };
  }
  // Another draw, which shows nothing of stop unless it holds it.
  const holds = stop !== null && again.draws.some((each) => each.text.includes(stop));
  return { seed: false, stop: holds ? false : null };
}

async function probeChat(prober: Prober): Promise<boolean | null> {
  if (prober.left() === 0) return null;
  const messages = [{ role: "user", content: text }];
  const { model, settings } = prober;
  const body = { model, messages, ...createLimit({ ...settings, ask: "chat" }, 1) };
  const reply = await prober.ask({ name: "chat", path: "/chat/completions", body, tokenCount: 1 });
  return reply.kind === "told" && readChatChoice(reply.value) !== undefined;
}
