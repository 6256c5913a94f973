// What is advised where no whole answer came, over the real wire: each fault has its own way out, and only what is about
// time speaks of time.

import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { createRecordingContext, createStream, readAll } from "../../../src/contracts/case.ts";
import { ProviderError } from "../../../src/errors.ts";
import { openConnection } from "../../../src/providers/connection.ts";
import { createUnansweredError } from "../../../src/providers/control/endpoint-errors.ts";
import { createChat } from "../../../src/providers/openai/chat.ts";
import { createEndpoint, quickLimits } from "../../helpers/endpoint.ts";
import { sendJson, startLoopback } from "../../helpers/loopback.ts";
import { systemClock } from "../../helpers/temporary-folder.ts";

const message = { content: "yes" };
const sendPage = (response: ServerResponse): void =>
  void response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Welcome</title>");
const begin = (response: ServerResponse): void =>
  void response.writeHead(200, { "content-type": "application/json" }).write('{"choices": ');

const url = /^check endpoints\.teacher\.url: it is the API's base address, which often ends in \/v1; /;
const cases: readonly (readonly [string, (response: ServerResponse) => void, RegExp, object?])[] = [
  ["a page", sendPage, url],
  ["an error in a 200", (response) => sendJson(response, { error: "unknown endpoint" }), url],
  ["another JSON", (response) => sendJson(response, { status: "ok" }), url],
  [
    "no finish reason",
    (response) => sendJson(response, { choices: [{ index: 0, message }] }),
    /^set endpoints\.teacher\.finish: optional, /,
  ],
  [
    "too many bytes",
    (response) => sendJson(response, { choices: [{ index: 0, message: { content: "a".repeat(3000) } }] }),
    /^raise endpoints\.teacher\.limits\.answerBytes and run it again$/,
    { answerBytes: 1024 },
  ],
  ["a broken connection", (response) => void response.destroy(), /connection always breaks, look at the server's log/],
  ["no beginning", () => {}, /answers take longer, raise endpoints\.teacher\.limits\.firstByteMs/, { firstByteMs: 40 }],
  ["silence", begin, /answers take longer, raise endpoints\.teacher\.limits\.idleMs/, { idleMs: 40 }],
  ["no end", begin, /answers take longer, raise endpoints\.teacher\.limits\.totalMs/, { totalMs: 40 }],
  [
    "two choices",
    (response) => sendJson(response, { choices: [0, 1].map((index) => ({ index, message, finish_reason: "stop" })) }),
    /^resume the run to ask again; where it is always so, look at the server's log$/,
  ],
];

test("a server that drops n is to be asked for one draw at a time", () => {
  const outcome = { kind: "lost", reason: "the reply has 1 choice where 3 were asked for", cause: "draws" } as const;
  const place = { endpoint: "teacher", url: "http://127.0.0.1/v1" };
  const { next } = createUnansweredError(place, { key: "7", tries: 5, outcome });
  assert.equal(next, "set endpoints.teacher.draws: single, which asks for each draw by itself, and run it again");
});

test("what is advised fits what went wrong", async (context) => {
  await Promise.all(
    cases.map(async ([name, answer, advice, short]) => {
      const server = await startLoopback(context, (_, response) => answer(response));
      const endpoint = createEndpoint({ urls: [server.url], limits: { ...quickLimits, tries: 2, ...short } });
      const connection = openConnection(endpoint, { secret: null, clock: systemClock, backoffMs: 1 });
      context.after(() => connection.close());
      const chat = createChat({ ...connection.talk, controller: connection.controller, identity: {} });
      const question = { id: "q", system: null, text: "well?", schema: null, maxTokens: 5 };
      await assert.rejects(
        readAll(chat.answer(createStream([question]), createRecordingContext("stage"))),
        (error: unknown) => {
          assert.ok(error instanceof ProviderError, String(error));
          assert.match(error.message, /had no whole answer in 2 sendings/, name);
          assert.match(error.next ?? "", advice, name);
          if (!/Ms/.test(String(advice))) assert.doesNotMatch(error.next ?? "", /longer|Ms\b/, name);
          return true;
        },
      );
    }),
  );
});
