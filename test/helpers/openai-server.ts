// A model server of OpenAI's routes on this machine: words of the prompt, drawn by model, seed and prompt, with their
// log-probabilities; n, stop, max_tokens and streams as the published reference has them.

import type { ServerResponse } from "node:http";
import type { TestContext } from "node:test";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom } from "../../src/math/random.ts";
import { type Loopback, type Received, sendEvents, sendJson, startLoopback } from "./loopback.ts";

export interface ServerHabits {
  /** Taken before a request is answered; true where it has answered itself. */
  readonly intercept?: (received: Received, response: ServerResponse) => boolean | Promise<boolean>;
  /** False for servers that drop n with 200, as several do. */
  readonly hasN?: boolean;
}

interface Drawn {
  readonly tokens: readonly string[];
  readonly terms: readonly number[];
  readonly finish: "stop" | "length";
}

export function startOpenaiServer(context: Pick<TestContext, "after">, habits: ServerHabits = {}): Promise<Loopback> {
  return startLoopback(context, async (received, response) => {
    if (await habits.intercept?.(received, response)) return;
    const isChat = received.path.endsWith("/chat/completions");
    const isRoute = isChat || received.path.endsWith("/completions");
    if (isRoute) answerOpenai(received, response, { isChat, hasN: habits.hasN ?? true });
    else sendJson(response, { error: "no such route" }, 404);
  });
}

/** Answers one request for a chat or a completion. */
export function answerOpenai(
  { body }: Received,
  response: ServerResponse,
  { isChat, hasN = true }: { readonly isChat: boolean; readonly hasN?: boolean },
): void {
  const reply = createReply(body, { isChat, hasN });
  if (body.stream !== true) {
    sendJson(response, reply);
    return;
  }
  const { choices, usage, ...head } = reply;
  const chunk = (rest: object): string => `data: ${JSON.stringify({ ...head, ...rest })}\n\n`;
  const pieces = choices.flatMap((choice) => choice.pieces.map((piece) => chunk({ choices: [piece] })));
  sendEvents(response, [...pieces, chunk({ choices: [], usage }), "data: [DONE]\n\n"]);
}

/** The whole reply; the pieces of a stream stand beside each choice, where no client looks. */
export function createReply(
  body: Received["body"],
  { isChat, hasN }: { readonly isChat: boolean; readonly hasN: boolean },
) {
  const prompt = isChat
    ? (body.messages as readonly { content: string }[]).map(({ content }) => content).join("\n")
    : String(body.prompt);
  const drawn = Array.from({ length: hasN ? Number(body.n ?? 1) : 1 }, (_, index) => draw(body, prompt, index));
  const choices = drawn.map(({ tokens, terms, finish }, index) => {
    const logprobs = (from: number, to: number) =>
      body.logprobs === undefined
        ? null
        : isChat
          ? {
              content: tokens
                .slice(from, to)
                .map((token, at) => ({ token, logprob: terms[from + at], top_logprobs: [] })),
            }
          : { tokens: tokens.slice(from, to), token_logprobs: terms.slice(from, to) };
    const text = tokens.join("");
    const pieces = tokens.map((token, at) => ({
      index,
      ...(isChat ? { delta: { content: token } } : { text: token }),
      logprobs: logprobs(at, at + 1),
      finish_reason: at === tokens.length - 1 ? finish : null,
    }));
    const said = isChat ? { message: { role: "assistant", content: text } } : { text };
    return { index, ...said, logprobs: logprobs(0, tokens.length), finish_reason: finish, pieces };
  });
  const completion = drawn.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const usage = { prompt_tokens: prompt.split(/\s+/).length, completion_tokens: completion };
  return {
    id: "chatcmpl-1",
    object: isChat ? "chat.completion" : "text_completion",
    model: body.model,
    choices,
    usage,
  };
}

function draw({ model, seed, temperature, max_tokens, stop }: Received["body"], prompt: string, index: number): Drawn {
  const words = prompt.split(/\s+/).filter((word) => word !== "");
  const isGreedy = temperature === 0;
  const random = createRandom(computeSeed(String(model), prompt, ...(isGreedy ? [] : [Number(seed ?? 0), index])));
  const count = 2 + random.integer(6);
  const all = Array.from(
    { length: count },
    (_, at) => `${at === 0 ? "" : " "}${words[random.integer(words.length)] ?? "?"}`,
  );
  // The end is a token too, of no letters, and told as vLLM tells it.
  const whole = [...all, ""];
  const ends = (stop as readonly string[] | undefined) ?? [];
  const stopped = whole.findIndex((token) => ends.some((end) => token.includes(end)));
  const until = stopped < 0 ? whole.length : Math.max(1, stopped);
  const tokens = whole.slice(0, Math.min(until, Number(max_tokens)));
  return { tokens, terms: tokens.map(() => -random.uniform()), finish: tokens.length < until ? "length" : "stop" };
}
