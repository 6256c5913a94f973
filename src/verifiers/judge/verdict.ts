// The verdict of a judge: one JSON object with exactly the declared members, or none at all. Nothing is searched for in
// the answer, nothing is turned into something else. The id in it stands in the question and in no text that is judged,
// so an answer that repeats a verdict from such a text is no verdict.

import type { Answer } from "../../domain/hosted.ts";
import type { Json } from "../../keys/canonical.ts";
import { computeJsonScan } from "../../text/input/json-scan.ts";
import { hasManyMembers } from "../../text/input/member-limit.ts";
import { computeRepeatedMember } from "../../text/input/repeated-member.ts";

/** Raised whenever another answer would be read, or the same one as something else. */
export const verdictVersion = 1;

/** What a member may be: one of these whole numbers, or one of these words. */
export type Choices = readonly (number | string)[];

/** The members to decide on, in order; `id` and `reason` are in every verdict. */
export type Form = Readonly<Record<string, Choices>>;

export type Verdict =
  | { readonly kind: "given"; readonly values: Readonly<Record<string, number | string>> }
  | { readonly kind: "none"; readonly reason: string };

/** For endpoints that can be told what to write. The same for every question, so that servers compile it once. */
export function createVerdictSchema(form: Form): Json {
  const text = { type: "string" };
  const chosen = Object.entries(form).map(([name, choices]) => {
    return [name, { type: typeof choices[0] === "number" ? "integer" : "string", enum: [...choices] }];
  });
  return {
    type: "object",
    properties: { id: text, reason: text, ...Object.fromEntries(chosen) },
    required: ["id", "reason", ...Object.keys(form)],
    additionalProperties: false,
  };
}

/** How a verdict is to be written, for the end of a question. */
export function renderVerdictForm(form: Form, id: string): string {
  const members = Object.entries(form).map(([name, choices]) => `"${name}": ${renderChoices(choices)}`);
  return `{"id": "${id}", "reason": "one or two sentences", ${members.join(", ")}}`;
}

function renderChoices(choices: Choices): string {
  if (typeof choices[0] === "number") return `a whole number from ${choices[0]} to ${choices.at(-1)}`;
  return choices.map((choice) => `"${choice}"`).join(" or ");
}

export function parseVerdict(answer: Answer, form: Form, id: string): Verdict {
  if (answer.text === null) return none(`the judge refused: ${answer.reason ?? "no reason given"}`);
  const value = readObject(answer.text);
  if (typeof value === "string") return none(`malformed verdict: ${value}`);
  const names = ["id", "reason", ...Object.keys(form)];
  const repeated = computeRepeatedMember(answer.text, names);
  if (repeated) return none(`malformed verdict: ${repeated.key} twice`);
  const missing = names.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return none(`malformed verdict: no ${missing}`);
  if (Object.keys(value).length > names.length) return none("malformed verdict: a member that was not asked for");
  if (typeof value.reason !== "string") return none("malformed verdict: reason is no text");
  if (value.id !== id) return none("malformed verdict: not the id of the question");
  const wrong = Object.entries(form).find(([name, choices]) => !choices.includes(value[name] as number | string));
  if (wrong) return none(`malformed verdict: ${wrong[0]} is not ${renderChoices(wrong[1])}`);
  const values = Object.keys(form).map((name) => [name, value[name] as number | string]);
  return { kind: "given", values: Object.fromEntries(values) };
}

const none = (reason: string): Verdict => ({ kind: "none", reason });

/** The object, or what the text is instead. */
function readObject(text: string): Readonly<Record<string, unknown>> | string {
  if (hasManyMembers(text)) return "too many members";
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : "no JSON object";
  } catch {
    return `not JSON: ${computeJsonScan(text).problem?.what ?? "cannot be read"}`;
  }
}
