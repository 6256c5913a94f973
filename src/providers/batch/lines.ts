// The lines of a batch: what is handed in and what comes back, as OpenAI's Batch API and vLLM's run_batch write them.
// Chat lines only: a completions line makes vLLM's run_batch stop without any output. It knows no service and no ledger.

import type { Json } from "../../keys/canonical.ts";
import { computeKey } from "../../keys/digest.ts";
import { isRecord } from "../wire/complaint.ts";

export interface BatchLine {
  readonly customId: string;
  readonly body: Readonly<Record<string, Json>>;
}

/** One line of an output or error file. */
export type LineResult =
  /** The endpoint answered; what it says is in the body. */
  | { readonly kind: "answered"; readonly customId: string; readonly body: unknown }
  /** The endpoint turned it away, with the status and body it would have had live. */
  | { readonly kind: "rejected"; readonly customId: string; readonly status: number; readonly body: unknown }
  /** It was never worked on: the batch expired, was cancelled, or the line failed without a status. */
  | { readonly kind: "undone"; readonly customId: string; readonly reason: string };

/** The only route of a line. */
export const batchRoute = "/v1/chat/completions";

/** Unique over all stages, and the same for every sending of one row. */
export function computeCustomId(stage: string, attempt: string): string {
  return `refeed-${computeKey([stage, attempt]).slice(0, 40)}`;
}

export function renderLine({ customId, body }: BatchLine): string {
  return `${JSON.stringify({ custom_id: customId, method: "POST", url: batchRoute, body })}\n`;
}

/**
 * The results of a file in its own order, which is nobody's. Lines that cannot be read are counted and left out: their
 * rows are missing then, and asked for again.
 */
export function* parseLines(text: string): Generator<LineResult, number> {
  let badCount = 0;
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf("\n", from);
    const line = text.slice(from, end < 0 ? text.length : end);
    from = end < 0 ? text.length : end + 1;
    if (line.trim() === "") continue;
    const result = parseLine(line);
    if (result === null) badCount += 1;
    else yield result;
  }
  return badCount;
}

function parseLine(line: string): LineResult | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (!isRecord(value) || typeof value.custom_id !== "string") return null;
  const { custom_id: customId, response, error } = value;
  const status = isRecord(response) ? response.status_code : null;
  const body = isRecord(response) ? (response.body ?? null) : null;
  // vLLM writes a status of 404 and no body where a line failed for any reason: there the error alone says anything.
  if (body === null) return { kind: "undone", customId, reason: describe(error, status) };
  if (status === 200) return { kind: "answered", customId, body };
  if (typeof status !== "number") return { kind: "undone", customId, reason: "it has no status" };
  return { kind: "rejected", customId, status, body };
}

function describe(error: unknown, status: unknown): string {
  if (typeof error === "string") return error;
  const { code, message } = isRecord(error) ? error : {};
  const words = [code, message].filter((word) => typeof word === "string" && word !== "");
  return words.length > 0 ? words.join(": ") : `status ${String(status)} and no body`;
}
