// The Chat port over any endpoint: each question asked once, its answer recorded with what it cost, recalled and not
// paid again when the stage goes on.

import type { Context } from "../../domain/context.ts";
import type { Answer, Chat, Question } from "../../domain/hosted.ts";
import type { Json } from "../../keys/canonical.ts";
import { askRecorded, type Later } from "../control/ask-all.ts";
import type { Controller, Request } from "../exchange.ts";
import { computeTokenEstimate, computeUsd } from "../usage.ts";
import { computeMostTokens, createQuestionBody } from "./body.ts";
import { type Talk, talk } from "./talk.ts";

/** Raised when the same question would be answered differently. */
const version = 1;

export interface ChatParts extends Talk {
  readonly controller: Controller;
  /** Everything of the endpoint that can change an answer. */
  readonly identity: Json;
  /** Awaited by every stage before its first question is sent; throws where the endpoint is not to be asked. */
  readonly enter?: (context: Context) => Promise<unknown>;
}

/** What is recorded: an answer the endpoint would not give has no text. */
interface Recorded extends Readonly<Record<string, Json>> {
  readonly text: string | null;
  readonly reason: string | null;
}

export function createChat(parts: ChatParts): Chat {
  const { controller, identity, enter } = parts;
  return {
    version,
    identity,
    async *answer(questions, context) {
      let entered: Promise<unknown> | undefined;
      const createRequest = (question: Question): Later<Recorded> => ({
        key: question.id,
        async create() {
          entered ??= enter?.(context);
          await entered;
          return createQuestion(parts, question);
        },
      });
      for await (const { item, settled } of askRecorded(questions, { controller, context, createRequest })) {
        yield settled.kind === "answered"
          ? { id: item.id, ...settled.answer }
          : ({ id: item.id, text: null, reason: settled.reason } satisfies Answer);
      }
    },
  };
}

function createQuestion(parts: Talk, question: Question): Request<Recorded> {
  const { endpoint } = parts;
  const { id, text, system, maxTokens, schema } = question;
  const promptTokens = computeTokenEstimate(`${system ?? endpoint.system ?? ""}${text}${JSON.stringify(schema ?? "")}`);
  const most = computeMostTokens(endpoint, maxTokens);
  return {
    key: id,
    rowCount: 0,
    mostTokens: promptTokens + most,
    mostUsd: computeUsd(endpoint.price, promptTokens, most),
    async send(target, signal) {
      const body = createQuestionBody(endpoint, question);
      const expected = { count: 1, maxTokens, stop: [], hasFinish: endpoint.hasFinish };
      const said = await talk(parts, { body, expected, promptTokens }, target, signal);
      if (said.kind !== "said") return said;
      const { text: answer, finish } = said.choices[0]!;
      if (finish === "refused") return { kind: "refused", reason: "refused", usage: said.usage };
      // Half an answer is told as what it is: nobody is to read a verdict out of it.
      const reason = finish === "length" ? `cut after ${maxTokens} tokens` : null;
      return { kind: "answered", answer: { text: reason === null ? answer : null, reason }, usage: said.usage };
    },
  };
}
