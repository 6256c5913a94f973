// The way to one endpoint's servers: a pool of connections for each, the key on every request and in no message, and of
// every reply what it is: JSON, a stream of events, or the outcome that stands in its place.

import { randomBytes } from "node:crypto";
import { Pool } from "undici";
import { ProviderError } from "../../errors.ts";
import type { EndpointLimits } from "../endpoint.ts";
import type { Target } from "../exchange.ts";
import { createLookup, findAddressFault } from "./address.ts";
import { classifyReply, type Fault } from "./classify.ts";
import { isComplaint, showWords } from "./complaint.ts";
import { parseEvents } from "./events.ts";
import { createRedactor } from "./redaction.ts";
import { type Arrival, transfer } from "./transfer.ts";

export interface WireOptions {
  /** The endpoint's name, for messages. */
  readonly name: string;
  /** The key itself; null for none. It goes into one header and nowhere else. */
  readonly secret: string | null;
  readonly limits: Pick<EndpointLimits, "concurrency" | "firstByteMs" | "idleMs" | "totalMs" | "answerBytes">;
  /** Milliseconds since 1970, for dates in Retry-After. */
  readonly now: () => number;
  /** True where unencrypted requests to public addresses are meant. */
  readonly isPlainAllowed?: boolean;
  readonly connectMs?: number;
}

export interface Call {
  readonly target: Target;
  /** Below the target's address, with a slash in front; empty for the address itself. */
  readonly path: string;
  readonly method?: "GET" | "POST";
  /** JSON text, or bytes with their type. */
  readonly body?: string | Buffer | null;
  readonly type?: string;
  readonly signal: AbortSignal;
  /** In place of limits.answerBytes. */
  readonly mostBytes?: number;
  /** Sent without the key: to a place that it is not for. */
  readonly isAnonymous?: true;
}

export type Reply =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "events"; readonly events: readonly unknown[] }
  | Fault;

export interface Wire {
  /** Sends once. Rejects only where the signal is aborted. */
  send(call: Call): Promise<Reply>;
  /** The same for replies of any shape and status: the arrival as it is, or what came in its place. */
  fetchRaw(call: Call): Promise<Arrival | Fault>;
  /** What an arrival that is no answer means. */
  classify(arrival: Arrival, url: string): Fault;
  /** A server's words without the key, on one line, cut. */
  show(text: string): string;
  /** Connections still open are cut. */
  close(): Promise<void>;
}

/** Throws ProviderError for a key that no header can carry. */
export function createWire(options: WireOptions): Wire {
  const { limits, now } = options;
  const key = parseKey(options);
  const redact = createRedactor(key);
  const commonWithKey = key === null ? common : [...common, "authorization", `Bearer ${key}`];
  const places = new Map<string, Place | Fault>();
  const nonce = randomBytes(3).toString("hex");
  let count = 0;

  const reach = <Read>(call: Call, read: (arrival: Arrival, url: string) => Read): Promise<Read | Fault> => {
    const { target, path, method = "POST", body = null, type = "application/json", mostBytes, isAnonymous } = call;
    const place = places.get(target.url) ?? openPlace(target.url, options);
    places.set(target.url, place);
    if ("kind" in place) return Promise.resolve(place);
    count += 1;
    const id = renderRequestId(nonce, count);
    const own = body === null ? ["x-request-id", id] : ["x-request-id", id, "content-type", type];
    const headers = (isAnonymous ? common : commonWithKey).concat(own);
    return transfer(place.pool, {
      origin: place.origin,
      path: place.path + path || "/",
      method,
      headers,
      body,
      limits,
      mostBytes: mostBytes ?? limits.answerBytes,
      signal: call.signal,
    }).then((arrival) => {
      const received = receive(arrival, id);
      return received.kind === "arrived" ? read(received, target.url) : received;
    });
  };

  /** What arrived, if it is for this request. */
  const receive = (arrival: Arrival | Fault, id: string): Arrival | Fault => {
    if (arrival.kind !== "arrived") return arrival;
    if (isForeign(arrival, id)) return { kind: "lost", reason: "the answer to another request came" };
    const coding = arrival.headers["content-encoding"] ?? "identity";
    if (coding !== "identity") return { kind: "lost", reason: `the reply is packed (${showWords(coding, redact)})` };
    // Only an echo holds the key; wherever the reply goes, the key does not.
    const isEcho = key !== null && key.length >= 8 && arrival.text.includes(key);
    return isEcho ? { ...arrival, text: arrival.text.replaceAll(key, "[key]") } : arrival;
  };

  const refuse = ({ status, headers, text }: Arrival, url: string): Fault =>
    classifyReply({ url, status, headers, body: parseJson(text) ?? text, redact, now: now() });

  const readReply = (arrival: Arrival, url: string): Reply => {
    if (!isGood(arrival)) return refuse(arrival, url);
    if (arrival.headers["content-type"]?.startsWith("text/event-stream")) {
      return readEvents(arrival, (body) => refuse({ ...arrival, text: JSON.stringify(body) }, url));
    }
    const value = parseJson(arrival.text);
    if (value === undefined) return { kind: "lost", reason: describeBody(arrival, redact), cause: "page" };
    return isComplaint(value) ? refuse(arrival, url) : { kind: "json", value };
  };

  return {
    send: (call) => reach(call, readReply),
    fetchRaw: (call) => reach(call, (arrival) => arrival),
    classify: refuse,
    show: (text) => showWords(text, redact),
    async close() {
      const open = [...places.values()].flatMap((place) => ("kind" in place ? [] : [place.pool.destroy()]));
      places.clear();
      await Promise.all(open);
    },
  };
}

/** Names and values in turn. */
const common = ["accept", "application/json, text/event-stream", "user-agent", "refeed"];

/** One server, and the connections to it. */
interface Place {
  readonly pool: Pool;
  readonly origin: string;
  /** Of the base address, without a slash at its end. */
  readonly path: string;
}

function openPlace(
  address: string,
  { limits, isPlainAllowed = false, connectMs = 10_000 }: WireOptions,
): Place | Fault {
  const wrong = findAddressFault(address, isPlainAllowed);
  if (wrong !== null) return { kind: "denied", reason: `the address ${wrong.what}`, next: wrong.next };
  const { origin, protocol, pathname } = new URL(address);
  const connect = { timeout: connectMs, lookup: createLookup(protocol, isPlainAllowed) };
  // One request a connection at a time: what breaks with a connection is one request's and no other's.
  const pool = new Pool(origin, { connections: limits.concurrency, pipelining: 1, connect });
  return { pool, origin, path: pathname.replace(/\/+$/, "") };
}

function parseKey({ name, secret }: WireOptions): string | null {
  const key = secret?.trim() ?? "";
  if (key === "") return null;
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new ProviderError("its key holds characters that no request can carry", {
    where: `endpoint ${name}`,
    next: "set the variable to the key alone, without quotes, spaces or line ends",
  });
}

/** True where the reply names a request of this kind that is not this one. */
function isForeign({ headers, text }: Arrival, id: string): boolean {
  const told = headers["x-request-id"];
  if (typeof told === "string" && /^72656665-6564-8[0-9a-f-]{21}$/.test(told) && told !== id) return true;
  if (!text.includes("72656665-6564-8")) return false;
  // Servers make their own id out of ours. In a text that a model wrote the quotes would be escaped.
  return [...text.matchAll(/"id":\s*"[^"\\]*(72656665-6564-8[0-9a-f-]{21})/g)].some(([, found]) => found !== id);
}

/**
 * A UUID of our own making (RFC 9562, version 8): llama-cpp-python's server refuses any other id of a request. It begins with
 * the letters of refeed.
 */
function renderRequestId(nonce: string, count: number): string {
  const place = count.toString(16).padStart(12, "0").slice(-12);
  return `72656665-6564-8${nonce.slice(0, 3)}-8${nonce.slice(3)}-${place}`;
}

function isGood({ status }: Arrival): boolean {
  return status >= 200 && status < 300;
}

/** A stream is an answer when its end mark came and nothing in it is an error. */
function readEvents({ text }: Arrival, refuse: (body: unknown) => Fault): Reply {
  const { data, isDone } = parseEvents(text);
  const events = data.map(parseJson);
  const complaint = events.find(isComplaint);
  if (complaint !== undefined) return refuse(complaint);
  if (events.includes(undefined)) return { kind: "lost", reason: "an event of the stream is no JSON" };
  return isDone
    ? { kind: "events", events }
    : { kind: "lost", reason: "the stream ended before its end mark", cause: "broken" };
}

/** undefined where it is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function describeBody({ text, headers }: Arrival, redact: (text: string) => string): string {
  const words = showWords(text.trim(), redact);
  if (words === "") return "the reply is empty";
  const type = headers["content-type"] ?? "no type";
  return `the reply is no JSON but ${showWords(type, redact)}: ${words}`;
}
