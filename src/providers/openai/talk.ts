// One question to one server and what came of it, as choices with their usage and price: what sampling, judging and
// batches share. It knows no candidate and no ledger.

import type { Usage } from "../../domain/context.ts";
import type { EndpointSettings, Price } from "../endpoint.ts";
import type { Target } from "../exchange.ts";
import { computeUsd } from "../usage.ts";
import type { Fault } from "../wire/classify.ts";
import type { Call, Reply, Wire } from "../wire/wire.ts";
import type { Body } from "./body.ts";
import { type Choice, type Expected, parseChoices } from "./choices.ts";
import { createNames, type Names } from "./names.ts";
import { foldStream } from "./stream.ts";

export interface Talk {
  readonly endpoint: EndpointSettings;
  readonly wire: Pick<Wire, "send">;
  /** Those that its answers may carry. */
  readonly names?: Names | undefined;
}

/** Of the run's own models each answers by its own name. */
export function createTalk(endpoint: EndpointSettings, wire: Talk["wire"]): Talk {
  return { endpoint, wire, ...(endpoint.model !== null && { names: createNames(endpoint) }) };
}

export interface Said {
  readonly kind: "said";
  readonly choices: readonly Choice[];
  /** Tokens of each choice: its terms, or its share of what was counted. */
  readonly tokenCounts: readonly number[];
  readonly usage: Usage;
}

export interface Asked {
  readonly body: Body;
  readonly expected: Expected;
  /** Of the prompt, where the server counts nothing. */
  readonly promptTokens: number;
}

export function talk(
  { endpoint, wire, names }: Talk,
  { body, expected, promptTokens }: Asked,
  target: Target,
  signal: AbortSignal,
): Promise<Said | Fault> {
  // What is waited with for the reply is no more than it takes to read it.
  const asked = { expected, promptTokens };
  const call: Call = { target, path: routeOf(endpoint), body: JSON.stringify(body), signal };
  return wire
    .send(call)
    .then((reply) =>
      readReply(reply, asked, { url: target.url, price: endpoint.price, names, path: routeOf(endpoint) }),
    );
}

/** Below an endpoint's base address. */
export function routeOf({ ask }: Pick<EndpointSettings, "ask">): string {
  return ask === "chat" ? "/chat/completions" : "/completions";
}

/** Reads a reply by whatever way it came. */
export function readReply(
  reply: Reply,
  { expected, promptTokens }: Pick<Asked, "expected" | "promptTokens">,
  {
    url,
    price,
    names,
    path = "",
  }: { readonly url: string; readonly price: Price; readonly path?: string } & Pick<Talk, "names">,
): Said | Fault {
  if (reply.kind !== "json" && reply.kind !== "events") return reply;
  const folded =
    reply.kind === "json" ? { kind: "folded" as const, value: reply.value, pieces: [] } : foldStream(reply.events);
  if (folded.kind === "lost") return folded;
  const told = parseChoices(folded.value, expected, folded.pieces);
  if (told.kind === "lost") return told;
  const other = names?.findOther(path, told.model);
  if (other) return other;
  const tokenCounts = computeShares(told.choices, told.completionTokens);
  const completion = told.completionTokens ?? tokenCounts.reduce((sum, count) => sum + count, 0);
  const usd = computeUsd(price, told.promptTokens ?? promptTokens, completion);
  const usage = { url, promptTokens: told.promptTokens, completionTokens: told.completionTokens, usd };
  return { kind: "said", choices: told.choices, tokenCounts, usage };
}

/** Terms are counted. Without them a server counts all choices together, and each has its share by length. */
function computeShares(choices: readonly Choice[], completionTokens: number | null): readonly number[] {
  if (choices.every(({ terms }) => terms !== null)) return choices.map(({ terms }) => terms!.length);
  if (choices.length === 1 && completionTokens !== null) return [completionTokens];
  const sizes = choices.map(({ text }) => Buffer.byteLength(text));
  if (completionTokens === null) return choices.map(({ terms }, at) => terms?.length ?? Math.ceil(sizes[at]! / 3));
  const all = sizes.reduce((sum, size) => sum + size, 0);
  let [seen, given] = [0, 0];
  return sizes.map((size, at) => {
    seen += size;
    const upTo = at === sizes.length - 1 ? completionTokens : Math.round((completionTokens * seen) / Math.max(1, all));
    const share = upTo - given;
    given = upTo;
    return choices[at]!.terms?.length ?? share;
  });
}
