// One HTTP request over a pool of connections, within its limits, to the last byte of its reply or to what came instead.
// It follows no redirect, repeats nothing and knows no JSON.

import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
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
  readonly firstByteMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
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
  const { signal, totalMs, mostBytes } = request;
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    let connection: Dispatcher.DispatchController | null = null;
    let isOver = false;
    let [status, length] = [0, 0];
    let headers: IncomingHttpHeaders = {};
    let chunks: Buffer[] = [];

    const end = (finish: () => void): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      unwatch();
      finish();
    };
    /** Ends it before the reply has: the connection is of no further use. */
    const breakOff = (finish: () => void): void => {
      end(finish);
      chunks = [];
      connection?.abort(brokenOff);
    };
    const lose = (reason: string): void => breakOff(() => resolve({ kind: "lost", reason }));
    const timer = setTimeout(() => {
      if (connection !== null) lose(`it was not over within ${showSeconds(totalMs)}`);
      else breakOff(() => resolve({ kind: "unreachable", reason: `no connection within ${showSeconds(totalMs)}` }));
    }, totalMs);
    const unwatch = watchSignal(signal, () => breakOff(() => reject(signal.reason)));

    pool.dispatch(createOptions(request), {
      onRequestStart(controller) {
        connection = controller;
        // It stood in line and is no longer wanted: nothing of it has been written yet.
        if (isOver) controller.abort(brokenOff);
      },
      onResponseStart(_controller, statusCode, received) {
        [status, headers] = [statusCode, received];
        if (Number(received["content-length"]) > mostBytes) lose(describeSize(mostBytes));
      },
      onResponseData(_controller, chunk) {
        if (isOver) return;
        length += chunk.length;
        if (length > mostBytes) lose(describeSize(mostBytes));
        else chunks.push(chunk);
      },
      onResponseEnd() {
        const whole = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length);
        end(() => resolve(isUtf8(whole) ? { kind: "arrived", status, headers, text: whole.toString() } : notText));
      },
      onResponseError(_controller, error) {
        end(() => resolve(describeBreak(error, { request, length, isSent: connection !== null })));
      },
    });
  });
}

const brokenOff = new Error("broken off");
const notText: Fault = { kind: "lost", reason: "the reply is not UTF-8" };

function createOptions({ origin, path, method, headers, body, firstByteMs, idleMs }: Transfer) {
  return { origin, path, method, headers, body, headersTimeout: firstByteMs, bodyTimeout: idleMs };
}

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
    return { kind: "lost", reason: `no answer began within ${showSeconds(request.firstByteMs)}` };
  }
  const place = length === 0 ? "before its answer" : `after ${length} bytes of its answer`;
  if (code === "UND_ERR_BODY_TIMEOUT") {
    return { kind: "lost", reason: `it fell silent for ${showSeconds(request.idleMs)} ${place}` };
  }
  if (code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH") {
    return { kind: "lost", reason: "the answer has another length than it was announced with" };
  }
  return { kind: "lost", reason: `the connection broke ${place} (${code})` };
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
