// A judge put together: its question, the form of its verdict, its opponents, its attacks, and everything of these that
// can change a score, for the stage's key.

import type { Chat } from "../../domain/hosted.ts";
import type { Verifier } from "../../domain/ports.ts";
import type { Json } from "../../keys/canonical.ts";
import { createCanaries } from "./attack.ts";
import { canaryVersion } from "./canaries.ts";
import { createPairwiseJudge, type Opponent, pairwiseForm } from "./pairwise.ts";
import { createQuestionMaker, type JudgeTemplate } from "./question.ts";
import { createRubricJudge } from "./rubric.ts";
import type { Form } from "./verdict.ts";

export interface JudgeOptions {
  readonly chat: Chat;
  readonly template: JudgeTemplate;
  /** What each criterion means, by its name; none for the ordinary one. */
  readonly criteria: Readonly<Record<string, string>>;
  /** Of a rubric; null for pairs. */
  readonly scale: { readonly low: number; readonly high: number } | null;
  /** Of pairs; null for a rubric. */
  readonly against: Opponent | null;
  readonly hasReference: boolean;
  readonly maxTokens: number;
  /** Attacks a stage. */
  readonly canaryCount: number;
}

/** What a judge goes by where nothing is named. */
const ordinary = "faithful to the article, complete in what matters, short, and well written";

export function createJudge(options: JudgeOptions) {
  const { chat, template, criteria, scale, against, hasReference, maxTokens, canaryCount } = options;
  const form = createJudgeForm(criteria, scale);
  const told = renderCriteria(criteria, scale === null ? "" : "score: ");
  const maker = createQuestionMaker({ template, form, criteria: told, maxTokens });
  const verifier: Verifier =
    against === null
      ? createRubricJudge({ chat, maker, form, hasReference })
      : createPairwiseJudge({ chat, maker, against, hasReference });
  const parameters: Json = {
    ...maker.parameters,
    kind: "judge",
    mode: against === null ? "rubric" : "pairwise",
    against,
    reference: hasReference,
    endpoint: chat.identity,
    chat: chat.version,
    canaries: canaryCount === 0 ? null : { count: canaryCount, version: canaryVersion },
  };
  const canaries = { count: canaryCount, high: scale?.high ?? 10, isPaired: against === "draws" };
  return { verifier, parameters, ...(canaryCount > 0 && { canaries: createCanaries(canaries) }) };
}

/** What a verdict is to hold. */
export function createJudgeForm(criteria: JudgeOptions["criteria"], scale: JudgeOptions["scale"]): Form {
  if (scale === null) return pairwiseForm;
  const { low, high } = scale;
  const names = Object.keys(criteria);
  const numbers = Array.from({ length: high - low + 1 }, (_, index) => low + index);
  return Object.fromEntries((names.length > 0 ? names : ["score"]).map((name) => [name, numbers]));
}

function renderCriteria(criteria: JudgeOptions["criteria"], name: string): string {
  const entries = Object.entries(criteria);
  if (entries.length === 0) return `- ${name}${ordinary}`;
  return entries.map(([own, meaning]) => `- ${own}: ${meaning}`).join("\n");
}
