import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { ProviderError } from "../../../src/errors.ts";
import { type Call, createWire, type Reply, type Wire, type WireOptions } from "../../../src/providers/wire/wire.ts";
import { type Answer, sendEvents, sendJson, startLoopback } from "../../helpers/loopback.ts";

const limits = { concurrency: 8, firstByteMs: 2000, idleMs: 2000, totalMs: 5000, answerBytes: 1_000_000 };
const key = "sk-canary-0123456789abcdef";
const idle = new AbortController().signal;

function open(context: TestContext, options: Partial<WireOptions> = {}): Wire {
  const wire = createWire({ name: "e", secret: key, limits, now: () => 0, ...options });
  context.after(() => wire.close());
  return wire;
}

const call = (url: string, rest: Partial<Call> = {}): Call => ({
  target: { url },
  path: "/chat/completions",
  body: "{}",
  signal: idle,
  ...rest,
});

/** A server that answers every request with these bytes and does with the connection what it likes. */
async function startRaw(context: TestContext, answer: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => answer(socket));
    context.after(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

function assertKind(reply: Reply, kind: Reply["kind"], words: RegExp): void {
  assert.equal(reply.kind, kind, JSON.stringify(reply));
  assert.match("reason" in reply ? reply.reason : "", words);
  assert.ok(!JSON.stringify(reply).includes(key));
}

test("a request carries its key and body, and brings its reply as JSON or as events", async (context) => {
  const server = await startLoopback(context, ({ path }, response) => {
    if (path === "/v1/models") sendJson(response, { data: [] });
    else sendEvents(response, ["data: 1\n", "\n", ...Array.from("data: 2\n\ndata: [DONE]\n\n")]);
  });
  const wire = open(context);
  const got = await wire.send(call(`${server.url}/v1/`, { path: "/models", method: "GET", body: null }));
  assert.deepEqual(got, { kind: "json", value: { data: [] } });
  const streamed = await wire.send(call(`${server.url}/v1`, { body: '{"a":"ä"}' }));
  assert.deepEqual(streamed, { kind: "events", events: [1, 2] });
  const [first, second] = server.received;
  assert.equal(first?.method, "GET");
  assert.equal(second?.path, "/v1/chat/completions");
  assert.equal(second?.headers.authorization, `Bearer ${key}`);
  assert.deepEqual(second?.body, { a: "ä" });
});

test("a body that is no answer is lost, whatever its status says", async (context) => {
  const bodies: readonly (readonly [string | Buffer, RegExp])[] = [
    ["<html><title>Gateway</title></html>", /no JSON but text\/x: Gateway/],
    ["", /empty/],
    ['{"choices": [', /no JSON/],
    ['{"error": {"message": "overloaded", "code": 502}}', /error came in place.*overloaded/],
    ['{"error": "model is loading"}', /error came in place.*model is loading/],
    [Buffer.from([0x22, 0xff, 0xfe, 0x22]), /not UTF-8/],
    [`{"a": "${"x".repeat(1_100_000)}"}`, /larger than 1000000 bytes/],
    ['{"id": "chatcmpl-72656665-6564-8012-8345-000000000999", "choices": []}', /another request/],
  ];
  let next = 0;
  const server = await startLoopback(context, (_, response) => {
    response.writeHead(200, { "content-type": "text/x" }).end(bodies[next]?.[0]);
  });
  const wire = open(context);
  for (const [, words] of bodies) {
    assertKind(await wire.send(call(server.url)), "lost", words);
    next += 1;
  }
});

test("a stream is an answer only when it is whole", async (context) => {
  const streams: readonly (readonly [readonly string[], RegExp])[] = [
    [["data: {}\n\n"], /before its end mark/],
    [["data: {}\n\ndata: {\n\ndata: [DONE]\n\n"], /no JSON/],
    [["data: {}\n\n", 'data: {"error": {"message": "out of memory", "code": 500}}\n\n'], /error came.*out of memory/],
    [["data: {}\n\n", 'event: error\ndata: {"object": "error", "message": "gone"}\n\ndata: [DONE]\n\n'], /gone/],
  ];
  let next = 0;
  const server = await startLoopback(context, (_, response) => sendEvents(response, streams[next]![0]));
  const wire = open(context);
  for (const [, words] of streams) {
    assertKind(await wire.send(call(server.url)), "lost", words);
    next += 1;
  }
});

test("a reply that is cut, reset or of another length is lost", async (context) => {
  const head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
  const faults: readonly (readonly [(socket: Socket) => void, RegExp])[] = [
    [(socket) => socket.resetAndDestroy(), /broke before its answer/],
    [(socket) => socket.end(), /broke before its answer/],
    [(socket) => socket.end(`${head}content-length: 100\r\n\r\n{"a":`), /broke after 5 bytes|another length/],
    [(socket) => socket.end(`${head}transfer-encoding: chunked\r\n\r\n5\r\n{"a":\r\n`), /broke after 5 bytes/],
    [(socket) => socket.write("this is no HTTP\r\n\r\n"), /broke before/],
    [(socket) => socket.end(`${head}\r\n{"a": 1`), /no JSON/],
  ];
  for (const [answer, words] of faults) {
    const url = await startRaw(context, answer);
    assertKind(await open(context).send(call(url)), "lost", words);
  }
});

test("each limit of time ends a request with what it waited for", async (context) => {
  const silent: Answer = () => undefined;
  const stalling: Answer = (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
  };
  const dripping: Answer = (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const timer = setInterval(() => response.write(": still here\n\n"), 10);
    response.on("close", () => clearInterval(timer));
  };
  const cases: readonly (readonly [Answer, object, RegExp])[] = [
    [silent, { firstByteMs: 40 }, /no answer began within 0.04 s/],
    [stalling, { idleMs: 40 }, /silent for 0.04 s/],
    [dripping, { totalMs: 60 }, /not over within 0.06 s/],
  ];
  await Promise.all(
    cases.map(async ([answer, short, words]) => {
      const server = await startLoopback(context, answer);
      assertKind(await open(context, { limits: { ...limits, ...short } }).send(call(server.url)), "lost", words);
    }),
  );
});

test("where nobody listens and where there is no such host it is unreachable: nothing was sent", async (context) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const wire = open(context);
  assertKind(await wire.send(call(`http://127.0.0.1:${port}`)), "unreachable", /ECONNREFUSED/);
  assertKind(await wire.send(call("http://nowhere.invalid")), "unreachable", /host|connection/);
});

test("metadata addresses and plain http to strangers are denied before anything is sent", async (context) => {
  const wire = open(context);
  assertKind(await wire.send(call("http://2852039166/latest/meta-data")), "denied", /link-local or metadata/);
  assertKind(await wire.send(call("http://93.184.216.34/v1")), "denied", /public/);
});

test("a redirect is not followed and the key stays home", async (context) => {
  const evil = await startLoopback(context, (_, response) => sendJson(response, {}));
  const server = await startLoopback(context, (_, response) => {
    response.writeHead(307, { location: `${evil.url}/steal` }).end();
  });
  const reply = await open(context).send(call(server.url));
  assertKind(reply, "denied", /redirects to http:\/\/127\.0\.0\.1:\d+ \(307\)/);
  assert.equal(evil.received.length, 0);
});

test("a server that echoes the key gives it to nobody", async (context) => {
  const server = await startLoopback(context, ({ headers, path }, response) => {
    const told = headers.authorization ?? "";
    const words = `Incorrect API key ${told}, ${Buffer.from(told).toString("base64")}, ${told.slice(7, 18)}...`;
    if (path === "/401") sendJson(response, { error: { message: words, code: told } }, 401);
    else if (path === "/422") sendJson(response, { detail: [{ input: { headers: { authorization: told } } }] }, 422);
    else if (path === "/302") response.writeHead(302, { location: `https://${key}.example/` }).end();
    else if (path === "/html") response.end(words);
    else sendJson(response, { choices: [{ message: { content: words } }] });
  });
  const wire = open(context);
  for (const path of ["/401", "/422", "/302", "/html", "/200"]) {
    const shown = JSON.stringify(await wire.send(call(server.url, { path })));
    assert.ok(shown.includes("[key]"), shown);
    assert.ok(!shown.includes(key.slice(0, 14)), shown);
    if (path !== "/200") assert.ok(!shown.includes(Buffer.from(key).toString("base64").slice(2, 14)), shown);
  }
});

test("an aborted signal rejects, before and while a request is under way, and in line for a connection", async (context) => {
  const server = await startLoopback(context, () => undefined);
  const wire = open(context, { limits: { ...limits, concurrency: 1 } });
  await assert.rejects(wire.send(call(server.url, { signal: AbortSignal.abort(new Error("stop")) })), /stop/);
  const stop = new AbortController();
  const sent = [1, 2, 3].map(() => wire.send(call(server.url, { signal: stop.signal })));
  while (server.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort(new Error("enough"));
  for (const each of sent) await assert.rejects(each, /enough/);
  assert.equal(server.received.length, 1);
});

test("hundreds of requests under one signal are no leak, and connections stay within the limit", async (context) => {
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on("warning", note);
  context.after(() => process.off("warning", note));
  let [open_, most] = [0, 0];
  const server = await startLoopback(context, async (_, response) => {
    open_ += 1;
    most = Math.max(most, open_);
    await new Promise((resolve) => setTimeout(resolve, 1));
    open_ -= 1;
    sendJson(response, { ok: true });
  });
  const stop = new AbortController();
  const wire = open(context);
  const replies = await Promise.all(
    Array.from({ length: 300 }, () => wire.send(call(server.url, { signal: stop.signal }))),
  );
  assert.ok(replies.every(({ kind }) => kind === "json"));
  assert.ok(most <= limits.concurrency && most > 1, String(most));
  const ids = server.received.map(({ headers }) => headers["x-request-id"] as string);
  assert.equal(new Set(ids).size, 300);
  // Some servers take nothing else for one.
  assert.ok(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/.test(id)));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(warnings, []);
});

test("a key that no header can carry is refused without being shown", () => {
  const bad = "sk-canary\u2028-0123456789";
  assert.throws(
    () => createWire({ name: "e", secret: bad, limits, now: () => 0 }),
    (error: unknown) =>
      error instanceof ProviderError && !error.message.includes("canary") && error.where === "endpoint e",
  );
  createWire({ name: "e", secret: `${key}\n`, limits, now: () => 0 });
});
