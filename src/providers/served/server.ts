// An OpenAI-compatible server of models on one address: it listens, answers, and drains when it is closed.
// It knows the ports behind it and no run; whoever creates them closes them.

import { randomBytes, randomInt } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Clock } from "../../domain/context.ts";
import { CancelledError, UsageError } from "../../errors.ts";
import { createAnswers } from "./answers.ts";
import { createApp } from "./app.ts";
import type { ServedEngine } from "./engine.ts";
import { createGuard } from "./guard.ts";
import { createRoutes } from "./routes.ts";

export interface ServerOptions {
  /** An address of this host, or a name of one. */
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly token: string | null;
  readonly clock: Clock;
  readonly onFault: (fault: unknown) => void;
  /** How long a request waits for company while a worker is free, milliseconds. */
  readonly gatherMs?: number;
}

export interface ServedAddress {
  /** Of the API, `http://127.0.0.1:8470/v1`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Takes no more, answers what has come, and ends; what is not answered after so long is cut. */
  close(drainMs?: number): Promise<void>;
}

/** Long enough for what one event loop turn of a client sends, short beside the decoding of a batch. */
const defaultGatherMs = 2;
const defaultDrainMs = 20_000;
const sweepMs = 20;

/** Throws UsageError where it cannot listen. */
export async function startServer(engine: ServedEngine, options: ServerOptions): Promise<ServedAddress> {
  const { host, token, clock, onFault, gatherMs = defaultGatherMs } = options;
  const stop = new AbortController();
  const answers = createAnswers(engine, { gatherMs, signal: stop.signal, clock });
  const instance = randomBytes(6).toString("hex");
  let count = 0;
  const routes = createRoutes({
    engine,
    answers,
    drawSeed: () => randomInt(2 ** 47),
    createEnvelope: (kind, { digest }, model) => {
      const id = `${kind}-${instance}${(count++).toString(16).padStart(8, "0")}`;
      return { id, created: Math.floor(clock.now() / 1000), model, system_fingerprint: digest };
    },
  });
  const app = createApp({ routes, guard: createGuard({ host, token }), onFault });
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  // A client that keeps a connection for later must not find it closed just as it sends.
  server.keepAliveTimeout = 65_000;
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}/v1`,
    host,
    port,
    async close(drainMs = defaultDrainMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Whoever has been answered may keep its connection open for more, of which there is none.
      const sweep = setInterval(() => server.closeIdleConnections(), sweepMs);
      const late = setTimeout(() => {
        stop.abort(new CancelledError("the server was stopped"));
        server.closeAllConnections();
      }, drainMs);
      await closed;
      await answers.settle();
      clearTimeout(late);
      clearInterval(sweep);
    },
  };
}

function listen(server: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", ({ code }: NodeJS.ErrnoException) => {
      const where = `${host}:${port}`;
      const what = code === "EADDRINUSE" ? "another program listens there" : `cannot be listened on (${code})`;
      // A name that leads nowhere, or to an address of another machine, is none that any port of helps.
      const isHost = code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "EADDRNOTAVAIL";
      const another = "give another --port, or --port 0 for any that is free";
      reject(new UsageError(what, { where, next: isHost ? "give a --host that is this machine's own" : another }));
    });
    server.listen(port, host, resolve);
  });
}
