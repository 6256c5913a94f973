// A streamed answer, put together to the shape of a whole one, so that both are read by the same rules. It judges nothing
// but that every piece belongs to the same answer.

import { isRecord } from "../wire/complaint.ts";

export interface Folded {
  readonly kind: "folded";
  readonly value: unknown;
  /** Pieces that brought text, by choice. */
  readonly pieces: readonly number[];
}

interface Growing {
  index: number;
  text: string;
  refusal: string;
  reasoning: string;
  isChat: boolean;
  pieces: number;
  finish: unknown;
  tokens: unknown[];
  hasTokens: boolean;
}

export function foldStream(events: readonly unknown[]): Folded | { readonly kind: "lost"; readonly reason: string } {
  const byIndex = new Map<number, Growing>();
  let usage: unknown;
  let id: unknown;
  let model: unknown;
  for (const event of events) {
    if (!isRecord(event)) return { kind: "lost", reason: "an event of the stream is no object" };
    // Some gateways send pieces of their own without an id.
    if (typeof event.id === "string" && event.id !== "") {
      id ??= event.id;
      if (event.id !== id) return { kind: "lost", reason: "pieces of two answers came in one stream" };
    }
    model ||= event.model;
    if (isRecord(event.usage)) usage = event.usage;
    if (!Array.isArray(event.choices)) continue;
    for (const choice of event.choices as readonly unknown[]) {
      if (isRecord(choice)) grow(byIndex, choice);
    }
  }
  const grown = [...byIndex.values()];
  return {
    kind: "folded",
    value: { id, model, usage, choices: grown.map(renderWhole) },
    pieces: grown.map(({ pieces }) => pieces),
  };
}

function grow(byIndex: Map<number, Growing>, choice: Readonly<Record<string, unknown>>): void {
  const index = typeof choice.index === "number" ? choice.index : 0;
  let growing = byIndex.get(index);
  if (growing === undefined) {
    growing = {
      index,
      text: "",
      refusal: "",
      reasoning: "",
      isChat: false,
      pieces: 0,
      finish: null,
      tokens: [],
      hasTokens: false,
    };
    byIndex.set(index, growing);
  }
  const delta = isRecord(choice.delta) ? choice.delta : null;
  if (delta !== null) growing.isChat = true;
  const piece = delta === null ? choice.text : delta.content;
  if (typeof piece === "string" && piece !== "") {
    growing.text += piece;
    growing.pieces += 1;
  }
  if (typeof delta?.refusal === "string") growing.refusal += delta.refusal;
  const thought = delta?.reasoning_content ?? delta?.reasoning;
  if (typeof thought === "string") growing.reasoning += thought;
  if (choice.finish_reason !== undefined && choice.finish_reason !== null) growing.finish = choice.finish_reason;
  if (!isRecord(choice.logprobs)) return;
  const { content, token_logprobs } = choice.logprobs;
  const told = Array.isArray(content) ? content : token_logprobs;
  if (!Array.isArray(told)) return;
  growing.hasTokens = true;
  for (const token of told as readonly unknown[]) growing.tokens.push(isRecord(token) ? token : { logprob: token });
}

function renderWhole({ index, text, refusal, reasoning, isChat, finish, tokens, hasTokens }: Growing): unknown {
  const logprobs = hasTokens ? { content: tokens } : null;
  const said = isChat ? { message: { content: text, refusal, reasoning } } : { text };
  return { index, ...said, finish_reason: finish, logprobs };
}
