// One request as JSON over an endpoint's connection, and what its reply says that it used.

import type { Usage } from "../../domain/context.ts";
import type { Json } from "../../keys/canonical.ts";
import type { Connection } from "../connection.ts";
import type { Price } from "../endpoint.ts";
import type { Outcome, Target } from "../exchange.ts";
import { computeUsd } from "../openai/talk.ts";
import { readNumber } from "./reading.ts";

/** Sends one request as JSON and hands back the JSON of the reply: what a wire does. */
export type SendJson = (
  target: Target,
  call: { readonly method: "GET" | "POST"; readonly path: string; readonly body: Json | null },
  signal: AbortSignal,
) => Promise<
  { readonly kind: "json"; readonly value: unknown } | Exclude<Outcome<never>, { readonly kind: "answered" }>
>;

/** Over an endpoint's connection: routes of its provider's where they are such, its own address for all others. */
export function createSendJson({ wire, talk }: Pick<Connection, "wire" | "talk">): SendJson {
  return async (target, { method, path, body }, signal) => {
    const way = /^\/(chat\/)?completions$/.test(path) ? talk.wire : wire;
    const reply = await way.send({ target, method, path, body: body === null ? null : JSON.stringify(body), signal });
    return reply.kind === "events" ? { kind: "lost", reason: "it streams what was asked for whole" } : reply;
  };
}

/** Where a path is looked for: below the base address, or beside its /v1. */
export function findBase(url: string, isBeside: boolean): string {
  return isBeside ? url.replace(/\/v\d+$/, "") : url;
}

/** What a reply says that it used, at its price; a prompt that nobody counted is priced as it was reserved. */
export function readUsage(reply: unknown, price: Price, promptTokens: number): Omit<Usage, "url"> {
  const told = readNumber(reply, "usage", "prompt_tokens") ?? readNumber(reply, "meta_info", "prompt_tokens");
  const completionTokens =
    readNumber(reply, "usage", "completion_tokens") ??
    readNumber(reply, "meta_info", "completion_tokens") ??
    readNumber(reply, "details", "generated_tokens");
  const usd = computeUsd(price, told ?? promptTokens, completionTokens ?? 0);
  return { promptTokens: told, completionTokens, usd };
}
