// One request as JSON over an endpoint's connection: whichever of its routes the path belongs to.

import type { Json } from "../../keys/canonical.ts";
import type { Connection } from "../connection.ts";
import type { Outcome, Target } from "../exchange.ts";

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
