// The Classifier port over text classification endpoints: each text asked once, its labels recorded with what they cost
// and recalled instead of asked again.

import type { Context } from "../../domain/context.ts";
import type { Classifier, Labelled, Labels } from "../../domain/hosted.ts";
import type { Json } from "../../keys/canonical.ts";
import { askRecorded } from "../control/ask-all.ts";
import type { Controller, Outcome, Request } from "../exchange.ts";
import { readPath } from "../given/reading.ts";
import type { Talk } from "../openai/talk.ts";
import { computeTokenEstimate, computeUsd, parseCount } from "../usage.ts";
import { findShape, parseLabels } from "./shapes.ts";

/** Raised when the same text would get other scores. */
const version = 1;

export interface ClassifierParts extends Talk {
  readonly controller: Controller;
  /** Everything of the endpoint that can change a score. */
  readonly identity: Json;
}

type Scores = Readonly<Record<string, number>>;

export function createClassifier(parts: ClassifierParts): Classifier {
  const { controller, identity } = parts;
  return {
    version,
    identity,
    async *classify(texts, context) {
      const createRequest = (text: Labelled): Request<Scores> => createLabelling(parts, text);
      for await (const { item, settled } of askRecorded(texts, { controller, context, createRequest })) {
        yield settled.kind === "answered"
          ? { id: item.id, scores: settled.answer, reason: null }
          : { id: item.id, scores: null, reason: settled.reason };
      }
    },
  };
}

/**
 * One text of nobody's shows which labels an endpoint knows. It is asked in every process, whatever an earlier one was told.
 * Throws ProviderError where it does not answer.
 */
export async function tryClassifier(parts: Omit<ClassifierParts, "identity">, context: Context): Promise<Labels> {
  const id = `probe/${parts.endpoint.name}/labels`;
  const settled = await parts.controller.ask(createLabelling(parts, { id, text: trialText }), context);
  await context.ledger.record(id, settled as unknown as Json);
  return settled.kind === "answered"
    ? { id, scores: settled.answer, reason: null }
    : { id, scores: null, reason: settled.reason };
}

const trialText = "The bridge is open again.";

function createLabelling({ endpoint, wire }: Talk, { id, text }: Labelled): Request<Scores> {
  const { price, model, params } = endpoint;
  const mostTokens = computeTokenEstimate(text);
  const mostUsd = computeUsd(price, mostTokens, 0);
  return {
    key: id,
    rowCount: 0,
    mostTokens,
    mostUsd,
    async send(target, signal): Promise<Outcome<Scores>> {
      const { path, createBody } = findShape(target.url);
      const asked = Object.entries({ ...createBody(text, model ?? ""), ...params }).filter(
        ([, value]) => value !== null,
      );
      const body = JSON.stringify(Object.fromEntries(asked));
      const reply = await wire.send({ target, path, body, signal });
      if (reply.kind === "events") return { kind: "lost", reason: "the reply is a stream" };
      if (reply.kind !== "json") return reply;
      const answer = parseLabels(reply.value);
      if (answer === null) return { kind: "lost", reason: "the reply has no labels with scores" };
      const promptTokens = parseCount(readPath(reply.value, "usage", "prompt_tokens"));
      const usd = computeUsd(price, promptTokens ?? mostTokens, 0);
      return { kind: "answered", answer, usage: { url: target.url, promptTokens, completionTokens: 0, usd } };
    },
  };
}
