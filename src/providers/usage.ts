// What one request uses: estimated before it is sent, as its server counted it, and at its price. The one place where
// tokens become dollars; it knows no shape of a request.

import type { Usage } from "../domain/context.ts";
import type { Price } from "./endpoint.ts";
import { readPath } from "./given/reading.ts";

/** The price of one request. */
export function computeUsd({ input, output, request }: Price, promptTokens: number, completionTokens: number): number {
  return request + (promptTokens * input + completionTokens * output) / 1e6;
}

/** Tokens of a text, where nobody has counted them: reserved before it is sent. */
export function computeTokenEstimate(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 3) + 16;
}

/** A count as servers tell it, null for anything else: what is no count must neither be paid by nor given back. */
export function parseCount(count: unknown): number | null {
  return typeof count === "number" && Number.isSafeInteger(count) && count >= 0 ? count : null;
}

/** What a reply says that it used, at its price; a prompt that nobody counted is priced as it was reserved. */
export function readUsage(reply: unknown, price: Price, promptTokens: number): Omit<Usage, "url"> {
  const told =
    parseCount(readPath(reply, "usage", "prompt_tokens")) ?? parseCount(readPath(reply, "meta_info", "prompt_tokens"));
  const completionTokens =
    parseCount(readPath(reply, "usage", "completion_tokens")) ??
    parseCount(readPath(reply, "meta_info", "completion_tokens")) ??
    parseCount(readPath(reply, "details", "generated_tokens"));
  const usd = computeUsd(price, told ?? promptTokens, completionTokens ?? 0);
  return { promptTokens: told, completionTokens, usd };
}
