// S2, S3: who is answered, on every route there is: programs of this host, and nobody's web page, under whatever name.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { createGuard } from "../../../src/providers/served/guard.ts";
import { createRoutes } from "../../../src/providers/served/routes.ts";
import { type ServedAddress, startServer } from "../../../src/providers/served/server.ts";
import { isLoopback } from "../../../src/text/network/host-range.ts";
import { type RawReply, sendRaw } from "../../helpers/served-client.ts";
import { createSmallEngine } from "../../helpers/small-engine.ts";
import { systemClock } from "../../helpers/temporary-folder.ts";

const engine = createSmallEngine();
const paths = [
  ...new Set(
    createRoutes({ engine, answers: {} as never, createEnvelope: {} as never, drawSeed: () => 0 }).map(
      ({ path }) => path,
    ),
  ),
].map((path) => path.replace(":name", "base"));
const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "PROPFIND"];
const answered: Readonly<Record<string, readonly string[]>> = {
  "/health": ["GET", "HEAD"],
  "/v1/models": ["GET", "HEAD"],
  "/v1/models/base": ["GET", "HEAD"],
  "/v1/completions": ["POST"],
  "/v1/chat/completions": ["POST"],
};

let server: ServedAddress;
let guarded: ServedAddress;
before(async () => {
  const options = { host: "127.0.0.1", port: 0, token: null, clock: systemClock, onFault: assert.ifError };
  server = await startServer(engine, options);
  guarded = await startServer(engine, { ...options, token: "s3cret" });
});
after(() => Promise.all([server.close(), guarded.close()]));

const completion = JSON.stringify({ model: "base", prompt: "a" });
const chat = JSON.stringify({ model: "base", messages: [{ role: "user", content: "a" }] });

function speak(
  to: ServedAddress,
  path: string,
  options: { method?: string; headers?: Record<string, string> },
): Promise<RawReply> {
  const hasBody = options.method === "POST";
  const headers = { ...(hasBody && { "content-type": "application/json" }), ...options.headers };
  const body = hasBody ? { body: path.includes("chat") ? chat : completion } : {};
  return sendRaw(`http://127.0.0.1:${to.port}${path}`, { ...options, headers, ...body });
}

test("the table names every route there is", () => {
  assert.deepEqual(Object.keys(answered).sort(), [...paths].sort());
});

test("each route answers its methods, and no other", async () => {
  for (const path of [...paths, "/", "/v1", "/v1/embeddings", "/v1/completions/", "/%2e%2e/etc/passwd"]) {
    for (const method of methods) {
      const { status, headers } = await speak(server, path, { method });
      const known = answered[path];
      const expected = known?.includes(method) ? 200 : known ? 405 : 404;
      assert.equal(status, expected, `${method} ${path}`);
      for (const name of Object.keys(headers)) assert.doesNotMatch(name, /^access-control/);
    }
  }
});

test("no route is answered under another host's name", async () => {
  const names = [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "127.0.0.1@evil.example",
    "10.0.0.1",
    "[::2]",
    "0.0.0.0",
  ];
  for (const path of [...paths, "/nothing"]) {
    for (const method of methods) {
      for (const host of names) {
        const { status } = await speak(server, path, { method, headers: { host } });
        assert.ok(status === 403 || status === 400, `${method} ${path} as ${host}: ${status}`);
      }
    }
    for (const host of ["localhost", `localhost:${server.port}`, "LOCALHOST:1", "127.0.0.1", "[::1]:80"]) {
      assert.notEqual((await speak(server, path, { headers: { host } })).status, 403, host);
    }
  }
});

test("a request that names no host is not answered", async () => {
  for (const head of [
    "GET /health HTTP/1.0",
    "GET /health HTTP/1.1\r\nHost:",
    "GET /health HTTP/1.1\r\nHost: a\r\nHost: localhost",
  ]) {
    const socket = connect(server.port, "127.0.0.1");
    socket.end(`${head}\r\n\r\n`);
    let text = "";
    for await (const chunk of socket) text += chunk;
    assert.match(text, /^HTTP\/1\.1 40[03] /, head);
  }
});

test("no route is answered to a web page, whichever method it uses", async () => {
  const pages: readonly Record<string, string>[] = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://sub.localhost" },
    { origin: `http://127.0.0.1:${server.port}` },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "same-origin" },
  ];
  for (const path of paths) {
    for (const method of methods) {
      for (const headers of pages) {
        const reply = await speak(server, path, { method, headers });
        assert.equal(reply.status, 403, `${method} ${path} ${JSON.stringify(headers)}`);
        for (const name of Object.keys(reply.headers)) assert.doesNotMatch(name, /^access-control/);
      }
    }
  }
  assert.equal(
    (await speak(server, "/health", { headers: { "sec-fetch-site": "none" } })).status,
    200,
    "typed by a user",
  );
});

test("a form cannot send a body", async () => {
  const types = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "",
  ];
  for (const type of types) {
    const headers = { "content-type": type };
    const { status } = await sendRaw(`${server.url}/completions`, { method: "POST", headers, body: completion });
    assert.equal(status, 415, type);
  }
});

test("with a token every route asks for it", async () => {
  for (const path of [...paths, "/nothing"]) {
    for (const authorization of [
      undefined,
      "",
      "Bearer ",
      "Bearer s3cre",
      "Bearer s3crets",
      "Basic s3cret",
      "s3cret",
    ]) {
      const { status, text } = await speak(guarded, path, {
        headers: authorization === undefined ? {} : { authorization },
      });
      assert.equal(status, 401, `${path} ${authorization}`);
      assert.doesNotMatch(text, /s3cret/);
    }
    const right = { authorization: "Bearer s3cret" };
    assert.ok((await speak(guarded, path, { headers: right })).status !== 401);
    assert.equal((await speak(guarded, path, { headers: { ...right, host: "evil.example" } })).status, 403);
  }
});

test("an address that other hosts reach answers to digits and its own name", () => {
  const told = (host: string, name: string): boolean => {
    try {
      createGuard({ host, token: null })({ host: name });
      return true;
    } catch {
      return false;
    }
  };
  assert.ok(
    told("0.0.0.0", "10.1.2.3:80") && told("::", "[fe80::1]:80") && told("node7.cluster", "node7.cluster:8470"),
  );
  assert.ok(
    !told("0.0.0.0", "evil.example") && !told("node7.cluster", "node8.cluster") && !told("127.0.0.1", "10.1.2.3"),
  );
  assert.deepEqual(
    ["127.0.0.1", "127.9.9.9", "::1", "localhost", "0.0.0.0", "::", "127.evil.example", "10.0.0.1"].map(isLoopback),
    [true, true, true, true, false, false, false, false],
  );
});
