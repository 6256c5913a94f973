// A server on this machine that answers as a test says, and keeps what it was asked.

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Parsed where it is JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Loopback {
  /** http://127.0.0.1:port */
  readonly url: string;
  readonly received: readonly Received[];
}

export type Answer = (received: Received, response: ServerResponse) => void | Promise<void>;

/** Ends with the test, open connections included. */
export async function startLoopback(context: Pick<TestContext, "after">, answer: Answer): Promise<Loopback> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void readAll(request).then(async (text) => {
      const { method = "", url: path = "", headers } = request;
      const one = { method, path, headers, text, body: parse(text) };
      received.push(one);
      await answer(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

export function sendJson(response: ServerResponse, body: unknown, status = 200, headers: object = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

/** Each piece is one write. */
export function sendEvents(response: ServerResponse, pieces: readonly string[]): void {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  for (const piece of pieces) response.write(piece);
  response.end();
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}
