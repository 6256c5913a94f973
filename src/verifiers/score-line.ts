// One line of a command verifier's answer: `{"id": 7, "score": 0.5}` or `{"id": 7, "score": null, "reason": "too long"}`.
// Strict: exactly these members, a finite number or null, nothing read into anything else.

import type { Score } from "../domain/rows.ts";
import { computeJsonScan } from "../text/input/json-scan.ts";
import { hasManyMembers } from "../text/input/member-limit.ts";
import { computeRepeatedMember } from "../text/input/repeated-member.ts";

const members = ["id", "score", "reason"] as const;

/** `refuse` is handed the end of a sentence that begins with the line. */
export function parseScoreLine(line: string, refuse: (what: string) => never): Score {
  const { id, score, reason = null, ...others } = readMembers(line, refuse);
  const [other] = Object.keys(others);
  if (other !== undefined) refuse(`has the member ${show(other)}: use id, score and reason`);
  if (typeof id !== "number" || !Number.isSafeInteger(id)) return refuse("has no id that is a whole number");
  const refuseOf = (what: string): never => refuse(`scores candidate ${id} ${what}`);
  if (score === undefined) return refuseOf("with nothing: it has no score");
  if (score === null) {
    if (typeof reason !== "string" || reason.trim() === "") return refuseOf("with null and gives no reason");
    return { id, score: null, reason: reason.slice(0, mostReason) };
  }
  if (typeof score !== "number") return refuseOf(`with ${show(score)}, which is no number`);
  if (!Number.isFinite(score)) return refuseOf("with a number that is too large");
  if (reason !== null) return refuseOf("with a number and a reason: a reason is for what cannot be scored");
  return { id, score, reason: null };
}

/** Characters of a reason that are kept. */
const mostReason = 1000;

function readMembers(line: string, refuse: (what: string) => never): Readonly<Record<string, unknown>> {
  if (hasManyMembers(line)) return refuse("has too many members");
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    const problem = computeJsonScan(line).problem;
    return refuse(`is not JSON: ${problem?.what ?? "cannot be read"}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse("is no JSON object");
  const repeated = computeRepeatedMember(line, members);
  if (repeated) return refuse(`has the member ${repeated.key} twice`);
  return value as Readonly<Record<string, unknown>>;
}

const show = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}..` : text;
};
