// What the server answers: one row a route. Each is handed what it needs and gives a reply; who may ask is decided before.

import type { Model } from "../../domain/ports.ts";
import type { Candidate } from "../../domain/rows.ts";
import type { Answers } from "./answers.ts";
import { baseName, type ServedEngine, type ServedModel } from "./engine.ts";
import { Refusal } from "./refusal.ts";
import {
  type ChoiceReply,
  type Envelope,
  renderChatChoice,
  renderCompletionChoice,
  renderCounts,
  renderGivenChoice,
  validateCandidate,
} from "./replies.ts";
import { type DrawRequest, type GivenRequest, parseChat, parseCompletion } from "./sample-request.ts";

export interface Call {
  /** The path's parameter. */
  readonly name: string;
  body(): Promise<unknown>;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

/** JSON, or the events of a stream. */
export type Reply = { readonly json: unknown } | { readonly events: AsyncIterable<unknown> };

export interface Route {
  readonly method: "get" | "post";
  readonly path: string;
  answer(call: Call): Promise<Reply>;
}

export interface RouteParts {
  readonly engine: ServedEngine;
  readonly answers: Answers;
  readonly createEnvelope: (kind: "cmpl" | "chatcmpl", model: Model, name: string) => Envelope;
  readonly drawSeed: () => number;
}

interface Shape {
  readonly kind: "cmpl" | "chatcmpl";
  readonly object: string;
  readonly chunk: string;
  readonly renderChoice: typeof renderCompletionChoice;
}

const completionShape: Shape = {
  kind: "cmpl",
  object: "text_completion",
  chunk: "text_completion",
  renderChoice: renderCompletionChoice,
};
const chatShape: Shape = {
  kind: "chatcmpl",
  object: "chat.completion",
  chunk: "chat.completion.chunk",
  renderChoice: renderChatChoice,
};

export function createRoutes(parts: RouteParts): readonly Route[] {
  const { engine, drawSeed } = parts;
  const rules = { tokens: engine.tokens, drawSeed };
  return [
    { method: "get", path: "/health", answer: async () => ({ json: { status: "ok" } }) },
    {
      method: "get",
      path: "/v1/models",
      answer: async () => ({ json: { object: "list", data: (await engine.models.list()).map(renderModel) } }),
    },
    {
      method: "get",
      path: "/v1/models/:name",
      async answer({ name }) {
        const { lineage } = await findModel(engine, name);
        const models = await engine.models.list();
        return { json: renderModel(models.find((model) => model.lineage === lineage) as ServedModel) };
      },
    },
    {
      method: "post",
      path: "/v1/completions",
      async answer({ body, signal }) {
        const request = parseCompletion(await body(), rules);
        return request.kind === "draw"
          ? answerDraws(parts, request, { shape: completionShape, signal })
          : answerGiven(parts, request, signal);
      },
    },
    {
      method: "post",
      path: "/v1/chat/completions",
      answer: async ({ body, signal }) =>
        answerDraws(parts, parseChat(await body(), rules), { shape: chatShape, signal }),
    },
  ];
}

/** One entry a lineage; the base model stands under a name of its own as well. */
function renderModel({ lineage, digest, createdMs, turns, isAuxiliary }: ServedModel) {
  const isBase = turns.length === 0 && lineage.startsWith("base:");
  const [turn] = turns;
  return {
    id: isBase ? baseName : lineage,
    object: "model",
    created: Math.floor(createdMs / 1000),
    owned_by: "refeed",
    lineage,
    digest,
    role: isBase ? "base" : isAuxiliary ? "auxiliary" : "generator",
    ...turn,
    turns,
  };
}

async function findModel({ models }: ServedEngine, name: string): Promise<Model> {
  const model = await models.find(name);
  if (model) return model;
  // The one that can be remembered first: the others are digests.
  const served = (await models.list())
    .map((each) => renderModel(each).id)
    .sort((one, other) => one.length - other.length);
  const isReleased = (await models.released()).includes(name);
  const shown = served.slice(0, 4).join(", ") + (served.length > 4 ? `, and ${served.length - 4} more` : "");
  const why = isReleased ? "was released by the run's keepModels" : "is not served";
  const what = `the model ${JSON.stringify(name).slice(0, 80)} ${why}; served are ${shown}`;
  throw new Refusal(what, { status: 404, param: "model", code: "model_not_found" });
}

async function answerDraws(
  { engine, answers, createEnvelope }: RouteParts,
  request: DrawRequest,
  { shape, signal }: { readonly shape: Shape; readonly signal: AbortSignal },
): Promise<Reply> {
  const model = await findModel(engine, request.model);
  const envelope = createEnvelope(shape.kind, model, request.model);
  const { tokens } = engine;
  const choices = answers.draw(model, request, signal);
  // One that fails while another is waited for must not count as unhandled.
  for (const choice of choices) choice.catch(() => undefined);
  const render = (candidate: Candidate, index: number): ChoiceReply => {
    validateCandidate(candidate);
    return shape.renderChoice(candidate, index, { request, tokens });
  };
  // The first choice decides whether there is a stream: what is refused is refused with a status.
  const candidates = request.isStreamed ? [await choices[0]!] : await Promise.all(choices);
  const rendered = candidates.map(render);
  const count = (all: readonly Candidate[]) =>
    renderCounts(request.prompts, { tokens, written: all.reduce((sum, { tokenCount }) => sum + tokenCount, 0) });
  if (!request.isStreamed) {
    return { json: { ...envelope, object: shape.object, choices: rendered, ...count(candidates) } };
  }
  const head = { ...envelope, object: shape.chunk };
  async function* stream(): AsyncGenerator<unknown> {
    const all: Candidate[] = [];
    for (const [index, choice] of choices.entries()) {
      const candidate = await choice;
      all.push(candidate);
      yield { ...head, choices: [render(candidate, index)] };
    }
    if (request.hasUsage) yield { ...head, choices: [], ...count(all) };
  }
  return { events: stream() };
}

async function answerGiven(
  { engine, answers, createEnvelope }: RouteParts,
  request: GivenRequest,
  signal: AbortSignal,
): Promise<Reply> {
  const model = await findModel(engine, request.model);
  const { tokens } = engine;
  const scores = await Promise.all(answers.score(model, request, signal));
  const choices = scores.map((score, index) => renderGivenChoice(request.texts[index]!, { index, score, tokens }));
  // All of a given text is prompt: nothing was written.
  const { usage, warnings } = renderCounts(
    request.texts.map(({ prompt }) => prompt),
    { tokens, written: 0 },
  );
  const scored = scores.reduce((sum, { tokenCount }) => sum + tokenCount, 0);
  const read = { ...usage, prompt_tokens: usage.prompt_tokens + scored, total_tokens: usage.total_tokens + scored };
  const envelope = createEnvelope("cmpl", model, request.model);
  return { json: { ...envelope, object: "text_completion", choices, usage: read, ...(warnings && { warnings }) } };
}
