// What a batch came to, row by row: its files joined to what was handed in by their own ids, whatever their order. A row
// that comes twice counts once, a row that nobody asked for not at all, and a row that is not there is missing.

import type { Candidate } from "../../domain/rows.ts";
import type { Outcome, SampleAsk } from "../exchange.ts";
import { createCandidates, createExpected } from "../openai/sample.ts";
import { readReply, type Talk } from "../openai/talk.ts";
import { classifyReply } from "../wire/classify.ts";
import { isComplaint } from "../wire/complaint.ts";
import { type LineResult, parseLines } from "./lines.ts";

/** A row of a batch. */
export interface Handed {
  readonly ask: SampleAsk;
  readonly promptTokens: number;
}

export interface CollectParts {
  readonly endpoint: Talk["endpoint"];
  readonly url: string;
  /** By custom id; what has come is taken out. */
  readonly handed: Map<string, Handed>;
  readonly redact: (text: string) => string;
}

export interface Collected {
  readonly handed: Handed;
  readonly outcome: Outcome<readonly Candidate[]>;
}

/**
 * The rows of one file that came to an end, each as it would have come live. Rows that are to be asked for again are
 * handed over as well and stay in `handed`, with what was said of them.
 */
export function* collectRows(text: string, parts: CollectParts): Generator<Collected> {
  for (const result of parseLines(text)) {
    const handed = parts.handed.get(result.customId);
    if (handed === undefined) continue;
    const outcome = readLine(result, handed, parts);
    if (outcome.kind === "answered" || outcome.kind === "refused") parts.handed.delete(result.customId);
    yield { handed, outcome };
  }
}

function readLine(
  result: LineResult,
  { ask, promptTokens }: Handed,
  parts: CollectParts,
): Outcome<readonly Candidate[]> {
  const { endpoint, url, redact } = parts;
  if (result.kind === "undone") return { kind: "busy", reason: redact(result.reason), retryAfterMs: null };
  const { body } = result;
  if (result.kind === "rejected" || isComplaint(body)) {
    const status = result.kind === "rejected" ? result.status : 200;
    return classifyReply({ url, status, headers: {}, body, redact, now: 0 });
  }
  const expected = createExpected(ask, endpoint.hasFinish);
  const said = readReply({ kind: "json", value: body }, { expected, promptTokens }, { url, price: endpoint.price });
  if (said.kind !== "said") return said;
  return { kind: "answered", answer: createCandidates(ask, said), usage: said.usage };
}
