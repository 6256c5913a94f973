// Routes behind their guard as an HTTP application: every reply is JSON or a stream of events, every failure has the shape
// that OpenAI's clients read. Nothing of what went wrong inside is told but our own errors' words.

import type { IncomingMessage, ServerResponse } from "node:http";
import { Hono } from "hono";
import { RefeedError } from "../../errors.ts";
import { readBody } from "./body.ts";
import type { Guard } from "./guard.ts";
import { Refusal, renderRefusal } from "./refusal.ts";
import type { Reply, Route } from "./routes.ts";

export interface AppOptions {
  readonly routes: readonly Route[];
  readonly guard: Guard;
  /** Told what nobody foresaw. */
  readonly onFault: (fault: unknown) => void;
}

type Bindings = { readonly Bindings: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse } };

const plainHeaders = {
  "content-type": "application/json",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};
const streamHeaders = { ...plainHeaders, "content-type": "text/event-stream" };

export function createApp({ routes, guard, onFault }: AppOptions): Hono<Bindings> {
  const app = new Hono<Bindings>();
  const refuse = (error: unknown): Response => {
    const refusal = toRefusal(error, onFault);
    return new Response(renderRefusal(refusal), {
      status: refusal.status,
      headers: { ...plainHeaders, ...refusal.headers },
    });
  };
  app.use(async (context, next) => {
    guard(context.env.incoming.headers);
    await next();
  });
  for (const { method, path, answer } of routes) {
    app.on(method.toUpperCase(), path, async (context) => {
      const { incoming, outgoing } = context.env;
      const gone = new AbortController();
      outgoing.on("close", () => {
        if (!outgoing.writableFinished) gone.abort();
      });
      const name = context.req.param("name") ?? "";
      const reply = await answer({ name, body: () => readBody(incoming), signal: gone.signal });
      return "json" in reply
        ? new Response(JSON.stringify(reply.json), { headers: plainHeaders })
        : new Response(createStream(reply, refuse), { headers: streamHeaders });
    });
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    const allow = routes.filter((route) => route.path === path).map(({ method }) => method.toUpperCase());
    app.all(path, (context) => {
      const what = `${context.req.method} is not answered here; ${allow.join(" and ")} is`;
      throw new Refusal(what, { status: 405, code: "method_not_allowed", headers: { allow: allow.join(", ") } });
    });
  }
  app.notFound(() => refuse(new Refusal("there is nothing here; see /v1/models", { status: 404, code: "not_found" })));
  app.onError((error) => refuse(error));
  return app;
}

/** Server-sent events; an error ends the stream as an event, without the line that says it is whole. */
function createStream(
  reply: Extract<Reply, { events: unknown }>,
  refuse: (error: unknown) => Response,
): ReadableStream {
  const encoder = new TextEncoder();
  async function* lines(): AsyncGenerator<Uint8Array> {
    try {
      for await (const event of reply.events) yield encoder.encode(`data: ${JSON.stringify(event)}\n\n`);
      yield encoder.encode("data: [DONE]\n\n");
    } catch (error) {
      yield encoder.encode(`data: ${await refuse(error).text()}\n\n`);
    }
  }
  return ReadableStream.from(lines());
}

/** Our own errors say what is wrong, though not where: paths are nobody's business. */
function toRefusal(error: unknown, onFault: (fault: unknown) => void): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof RefeedError) {
    const isAsked = error.code === "provider" || error.code === "usage";
    const isOver = error.code === "cancelled";
    if (!isAsked && !isOver) onFault(error);
    const status = isAsked ? 400 : isOver ? 503 : 500;
    return new Refusal(error.what, { status, code: isAsked ? "invalid_value" : isOver ? "stopping" : "server_error" });
  }
  const isGone = error instanceof Error && error.name === "AbortError";
  if (!isGone) onFault(error);
  return new Refusal("an internal error", { status: 500, code: "server_error" });
}
