// One HTTP request over a pool of connections, within its limits, to the last byte of its reply or to what came instead.
// It follows no redirect, repeats nothing and knows no JSON.

import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { EndpointLimits } from "../endpoint.ts";
import { watchSignal } from "./abort.ts";
import { AddressError } from "./address.ts";
import type { Fault } from "./classify.ts";

export interface Transfer {
  readonly origin: string;
  readonly path: string;
  readonly method: "GET" | "POST";
  /** Names and values in turn: the form that costs least. */
  readonly headers: string[];
  readonly body: string | Buffer | null;
  readonly limits: Pick<EndpointLimits, "firstByteMs" | "idleMs" | "totalMs">;
  readonly mostBytes: number;
  readonly signal: AbortSignal;
}

export interface Arrival {
  readonly kind: "arrived";
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Rejects only where the signal is aborted. */
export function transfer(pool: Dispatcher, request: Transfer): Promise<Arrival | Fault> {
  if (request.signal.aborted) return Promise.reject(request.signal.reason);
  return new Promise((resolve, reject) => {
    const exchange = new Exchange(request, resolve, reject);
    const { origin, path, method, headers, body, limits } = request;
    const { firstByteMs: headersTimeout, idleMs: bodyTimeout } = limits;
    pool.dispatch({ origin, path, method, headers, body, headersTimeout, bodyTimeout }, exchange);
  });
}

/** One request under way: what the pool calls as its reply comes. It ends once, whatever comes after. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: Transfer;
  readonly #resolve: (end: Arrival | Fault) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #unwatch: () => void;
  readonly #chunks: Buffer[] = [];
  #connection: Dispatcher.DispatchController | null = null;
  #isOver = false;
  #status = 0;
  #length = 0;
  #headers: IncomingHttpHeaders = {};

  constructor(request: Transfer, resolve: (end: Arrival | Fault) => void, reject: (reason: unknown) => void) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(expire, request.limits.totalMs, this);
    this.#unwatch = watchSignal(request.signal, () => {
      this.#reject(request.signal.reason);
      this.#breakOff();
    });
  }

  onRequestStart(connection: Dispatcher.DispatchController): void {
    this.#connection = connection;
    // It stood in line and is no longer wanted: nothing of it has been written yet.
    if (this.#isOver) connection.abort(brokenOff);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
    if (Number(headers["content-length"]) > this.#request.mostBytes) this.#loseOversized();
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return;
    this.#length += chunk.length;
    if (this.#length > this.#request.mostBytes) this.#loseOversized();
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#isOver) return;
    const whole = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#length);
    const [status, headers] = [this.#status, this.#headers];
    this.#end();
    this.#resolve(isUtf8(whole) ? { kind: "arrived", status, headers, text: whole.toString() } : notText);
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.#isOver) return;
    this.#end();
    const isSent = this.#connection !== null;
    this.#resolve(describeBreak(error, { request: this.#request, length: this.#length, isSent }));
  }

  expire(): void {
    const within = `within ${showSeconds(this.#request.limits.totalMs)}`;
    const isSent = this.#connection !== null;
    this.#resolve(
      isSent
        ? { kind: "lost", reason: `it was not over ${within}`, cause: "totalMs" }
        : { kind: "unreachable", reason: `no connection ${within}` },
    );
    this.#breakOff();
  }

  #loseOversized(): void {
    const reason = describeSize(this.#request.mostBytes);
    this.#resolve({ kind: "lost", reason, cause: "answerBytes" });
    this.#breakOff();
  }

  /** Ends it before the reply has: the connection is of no further use. */
  #breakOff(): void {
    this.#end();
    this.#chunks.length = 0;
    this.#connection?.abort(brokenOff);
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#unwatch();
  }
}

const expire = (exchange: Exchange): void => exchange.expire();
const brokenOff = new Error("broken off");
const notText: Fault = { kind: "lost", reason: "the reply is not UTF-8" };

interface Break {
  readonly request: Transfer;
  readonly length: number;
  /** False where not a byte of the request has left. */
  readonly isSent: boolean;
}

function describeBreak(error: Error, { request, length, isSent }: Break): Fault {
  if (error instanceof AddressError) return { kind: "denied", reason: error.fault.what, next: error.fault.next };
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  if (isUntrusted(code)) {
    return {
      kind: "denied",
      reason: `its certificate is not trusted (${code})`,
      next: "check the address, or name the authority's file in NODE_EXTRA_CA_CERTS",
    };
  }
  if (!isSent) return { kind: "unreachable", reason: describeConnection(code) };
  if (code === "UND_ERR_HEADERS_TIMEOUT") {
    return {
      kind: "lost",
      reason: `no answer began within ${showSeconds(request.limits.firstByteMs)}`,
      cause: "firstByteMs",
    };
  }
  const place = length === 0 ? "before its answer" : `after ${length} bytes of its answer`;
  if (code === "UND_ERR_BODY_TIMEOUT") {
    return {
      kind: "lost",
      reason: `it fell silent for ${showSeconds(request.limits.idleMs)} ${place}`,
      cause: "idleMs",
    };
  }
  if (code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH") {
    return { kind: "lost", reason: "the answer has another length than it was announced with", cause: "broken" };
  }
  return { kind: "lost", reason: `the connection broke ${place} (${code})`, cause: "broken" };
}

function describeConnection(code: string): string {
  if (code === "ECONNREFUSED") return "nobody listens there (ECONNREFUSED)";
  if (code === "ENOTFOUND") return "there is no such host (ENOTFOUND)";
  return `no connection (${code})`;
}

function isUntrusted(code: string): boolean {
  return /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY))/.test(code);
}

function describeSize(mostBytes: number): string {
  return `the answer is larger than ${mostBytes} bytes, the endpoint's limits.answerBytes`;
}

function showSeconds(milliseconds: number): string {
  return `${milliseconds / 1000} s`;
}
