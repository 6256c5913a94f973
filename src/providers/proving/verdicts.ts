// Whether an endpoint takes what a judge asks it: a schema for its answer and so many tokens to answer in. Many servers have
// no use for a schema; some refuse it, and that is to be known before there is anything to judge.

import { readChatChoice, readRawChoice } from "../given/passages.ts";
import { createQuestionBody } from "../openai/body.ts";
import { routeOf } from "../openai/talk.ts";
import { isLength } from "./canaries.ts";
import type { VerdictEvidence } from "./evidence.ts";
import type { Prober } from "./prober.ts";
import type { TrialQuestion } from "./proof-cost.ts";

/** Asks the trial question, in the very body that the judge's questions have. */
export async function tryQuestion(prober: Prober, question: TrialQuestion): Promise<VerdictEvidence> {
  if (prober.left() === 0) return { kind: "unasked" };
  const { settings } = prober;
  const body = createQuestionBody({ ...settings, isStreamed: false }, question);
  const { maxTokens: tokenCount } = question;
  const reply = await prober.ask({ name: "verdict", path: routeOf(settings), body, tokenCount });
  if (reply.kind === "untold") return { kind: "refused", reason: reply.reason, param: reply.param ?? null };
  const written = settings.ask === "chat" ? readChatChoice(reply.value) : readRawChoice(reply.value);
  return { kind: "taken", isObject: isObject(written?.text ?? "") };
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

interface Place {
  /** The endpoint's name. */
  readonly name: string;
  readonly field: string;
}

/** What to do about a question that is not taken: the field that the server's complaint is about. */
export function adviseQuestion({ param }: { readonly param: string | null }, { name, field }: Place): string {
  const plain = `set endpoints.${name}.params: {response_format: null}, which asks for plain text that is read as strictly`;
  const [member = ""] = (param ?? "").split(/[.[]/);
  if (member === "response_format") return `${plain}, or judge with a server that takes a JSON schema`;
  if (isLength(member)) return `lower ${field} to what the server allows`;
  if (/^[a-z]\w*$/.test(member)) return `set endpoints.${name}.params: {${member}: null}, which leaves it out`;
  return `if it takes no JSON schema, ${plain}; if the answer may not be as long, lower ${field}`;
}
