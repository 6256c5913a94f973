import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createRecordingContext, createStream, readAll } from "../../../src/contracts/case.ts";
import type { Chat, Question } from "../../../src/domain/hosted.ts";
import { computeSeed } from "../../../src/keys/seed.ts";
import { createRandom } from "../../../src/math/random.ts";
import { createController } from "../../../src/providers/control/controller.ts";
import { createTime } from "../../../src/providers/control/time.ts";
import type { EndpointSettings } from "../../../src/providers/endpoint.ts";
import { createChat } from "../../../src/providers/openai/chat.ts";
import { createWire } from "../../../src/providers/wire/wire.ts";
import { createEndpoint } from "../../helpers/endpoint.ts";
import { type Received, sendJson, startLoopback } from "../../helpers/loopback.ts";

function open(context: TestContext, endpoint: EndpointSettings): Chat {
  const { name, limits, urls } = endpoint;
  const wire = createWire({ name, secret: null, limits, now: () => 0 });
  const time = createTime({ monotonic: () => performance.now() });
  const random = createRandom(computeSeed("test"));
  const controller = createController({
    name,
    targets: urls.map((url) => ({ url })),
    limits,
    time,
    random,
    backoffMs: 1,
  });
  context.after(() => Promise.all([wire.close(), controller.close()]));
  return createChat({ endpoint, wire, controller, identity: { name } });
}

const schema = { type: "object", properties: { score: { type: "integer" } } };
const ask = (id: string, change: Partial<Question> = {}): Question => {
  return { id, system: null, text: `question ${id}`, schema: null, maxTokens: 20, ...change };
};
const say = (content: string, finish_reason = "stop", rest: object = {}) => ({
  choices: [{ index: 0, message: { content, ...rest }, finish_reason }],
  usage: { prompt_tokens: 5, completion_tokens: 4 },
});
const textOf = ({ body }: Received): string => (body.messages as { content: string }[]).at(-1)?.content ?? "";

test("questions are answered in order, each asked once, and recalled instead of asked again", async (context) => {
  const server = await startLoopback(context, async (received, response) => {
    // The first answer comes last.
    if (textOf(received).endsWith("q0")) await new Promise((resolve) => setTimeout(resolve, 30));
    sendJson(response, say(`answer to ${textOf(received)}`));
  });
  const chat = open(context, createEndpoint({ urls: [server.url], system: "you judge" }));
  const recording = createRecordingContext("stage");
  const questions = Array.from({ length: 20 }, (_, at) => ask(`q${at}`));
  const expected = questions.map(({ id, text }) => ({ id, text: `answer to ${text}`, reason: null }));
  assert.deepEqual(await readAll(chat.answer(createStream(questions), recording)), expected);
  assert.equal(recording.intents.length, 20);
  assert.ok(recording.intents.every(({ isOutside, rowCount }) => isOutside && rowCount === 0));
  assert.deepEqual(await readAll(chat.answer(createStream(questions), recording)), expected);
  assert.equal(server.received.length, 20);
});

test("a question is sent greedily with its schema, and the file decides what the endpoint takes", async (context) => {
  const server = await startLoopback(context, (_, response) => sendJson(response, say("{}")));
  const bodyOf = async (change: Partial<EndpointSettings>, question: Question) => {
    const chat = open(context, createEndpoint({ urls: [server.url], ...change }));
    await readAll(chat.answer(createStream([question]), createRecordingContext("stage")));
    return server.received.at(-1)?.body;
  };
  const format = { type: "json_schema", json_schema: { name: "answer", strict: true, schema } };
  assert.deepEqual(await bodyOf({}, ask("a", { schema, system: "judge" })), {
    model: "tiny",
    messages: [
      { role: "system", content: "judge" },
      { role: "user", content: "question a" },
    ],
    ...{ temperature: 0, max_tokens: 20, response_format: format },
  });
  const without = await bodyOf({ params: { response_format: null } }, ask("a", { schema }));
  assert.ok(without !== undefined && !("response_format" in without));
  const other = await bodyOf({ params: { response_format: { type: "json_object" } } }, ask("a", { schema }));
  assert.deepEqual(other?.response_format, { type: "json_object" });
});

test("an answer that was refused, filtered or cut has a reason and no text, and is not asked for again", async (context) => {
  const replies: readonly (readonly [object, number])[] = [
    [say("", "stop", { refusal: "I will not" }), 200],
    [say("half", "content_filter"), 200],
    [say('{"score": 1', "length"), 200],
    [{ error: { message: "too long", code: "context_length_exceeded" } }, 400],
  ];
  const server = await startLoopback(context, (received, response) => {
    const [body, status] = replies[Number(textOf(received).slice(-1))]!;
    sendJson(response, body, status);
  });
  const chat = open(context, createEndpoint({ urls: [server.url] }));
  const recording = createRecordingContext("stage");
  const questions = [0, 1, 2, 3].map((at) => ask(`q${at}`));
  const answers = await readAll(chat.answer(createStream(questions), recording));
  assert.deepEqual(
    answers.map(({ text }) => text),
    [null, null, null, null],
  );
  const words = [/refused/, /refused/, /cut after 20 tokens/, /too long/];
  for (const [at, { reason }] of answers.entries()) assert.match(reason ?? "", words[at]!);
  assert.deepEqual(await readAll(chat.answer(createStream(questions), recording)), answers);
  assert.equal(server.received.length, 4);
});
