// What a reply that is no answer means: come again, never, not without money, or nobody knows. By the code the server
// tells first, by its status where it tells none. Its words are read for one thing only, a prompt that is too long,
// because vLLM before its codes, TGI and SGLang say that in no other way and one such prompt must not end a run.

import type { IncomingHttpHeaders } from "node:http";
import { parseRetryAfter } from "../../text/input/retry-after.ts";
import type { Outcome } from "../exchange.ts";
import { type Complaint, readComplaint } from "./complaint.ts";

/** What comes instead of an answer. */
export type Fault = Exclude<Outcome<never>, { readonly kind: "answered" }>;

export interface FaultyReply {
  readonly url: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Parsed where it is JSON, else its text. */
  readonly body: unknown;
  readonly redact: (text: string) => string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const money =
  /^(insufficient_quota|credit_balance_exhausted|organization_spend_limit_exceeded|project_spend_limit_exceeded|organization_usage_limit_exceeded|insufficient_credits|insufficient_balance|billing_.*|payment_required|402)$/;
const forbidden =
  /^(invalid_api_key|invalid_authentication|authentication_error|permission_denied|permission_error|model_not_found|model_not_available|account_deactivated|unsupported_country_region_territory)$/;
const tooLong = /^(context_length_exceeded|string_above_max_length|request_too_large|prompt_too_long)$/;
const filtered =
  /^(content_filter|content_policy_violation|responsibleaipolicyviolation|moderation_blocked|invalid_prompt)$/;
const tooLongWords =
  /(context|model) (length|window)|maximum (context|model|sequence) length|must have less than \d+ tokens|tokens? .{0,40}(exceed|longer than)|exceed.{0,40}(context|\btokens?\b)/i;

/** Of what stands in front of a server, once the request has gone on to it. */
const gatewayStatuses: ReadonlySet<number> = new Set([502, 504, 520, 524]);

export function classifyReply(reply: FaultyReply): Fault {
  const { status, headers, now, url } = reply;
  const complaint = readComplaint(reply.body, reply.redact);
  const reason = describe(status, complaint);
  if (has(complaint, money) || status === 402) {
    return { kind: "unpaid", reason, next: "add credit or raise the account's limit, then resume" };
  }
  // An error within a 200 was worked on and may be billed.
  if (status < 300) return { kind: "lost", reason: `an error came in place of an answer: ${reason}`, cause: "page" };
  if (status < 400) return classifyMove(reply);
  if (has(complaint, forbidden)) return { kind: "denied", reason, next: nextByStatus(status, complaint) };
  if (status >= 500 || status === 429 || status === 408 || status === 409 || status === 425) {
    // A 501 or 505 is not a matter of patience.
    if (status === 501 || status === 505) return { kind: "denied", reason, next: nextByStatus(status, complaint) };
    const retryAfterMs = parseRetryAfter(headers, now);
    const isFailure = retryAfterMs === null && status >= 500 && status !== 503 && status !== 529;
    const mayBeBilled = gatewayStatuses.has(status);
    const marks = { ...(isFailure && { mayMeanNever: true as const }), ...(mayBeBilled && { mayBeBilled }) };
    return { kind: "busy", reason, retryAfterMs, ...marks };
  }
  if (isRefusal(status, complaint)) {
    return { kind: "refused", reason, usage: { url, promptTokens: 0, completionTokens: 0, usd: 0 } };
  }
  const { param } = complaint;
  return { kind: "denied", reason, next: nextByStatus(status, complaint), ...(param !== null && { param }) };
}

/** True where this one request is at fault, and no other. */
function isRefusal(status: number, complaint: Complaint): boolean {
  if (status === 413 || has(complaint, tooLong) || has(complaint, filtered)) return true;
  if (status !== 400 && status !== 422) return false;
  if (complaint.param === "input_tokens" || complaint.param === "input_text") return true;
  return tooLongWords.test(complaint.words);
}

function classifyMove({ url, headers, status, redact }: FaultyReply): Fault {
  // Only where it points to: what stands behind the origin may hold anything.
  const place = typeof headers.location === "string" && URL.canParse(headers.location, url);
  const origin = place ? redact(new URL(headers.location as string, url).origin) : "nowhere";
  return {
    kind: "denied",
    reason: `it redirects to ${origin} (${status}), which is not followed: the key stays with the address it is for`,
    next: "put the address that answers into the endpoint's url",
  };
}

function nextByStatus(status: number, complaint: Complaint): string {
  if (has(complaint, /^model_not_(found|available)$/))
    return "set the endpoint's model to one that it serves: GET /models lists them";
  if (status === 401) return "check that the endpoint's key names the variable of its key, and what is in it";
  if (status === 403) return "check what the key may do, and the model";
  if (status === 404) return "check the endpoint's url, which usually ends in /v1, and its model";
  return "change the endpoint's settings so that the server takes the request";
}

function describe(status: number, { codes, words }: Complaint): string {
  const code = codes.find((each) => !/^\d*$/.test(each));
  const head = code === undefined ? String(status) : `${status} ${code.slice(0, 60)}`;
  return words === "" ? head : `${head}: ${words}`;
}

function has({ codes }: Complaint, pattern: RegExp): boolean {
  return codes.some((code) => pattern.test(code));
}
