// A question like a judge's own, about two lines of no experiment: asked before anything is bought, it shows whether an
// endpoint takes what the judge will ask it, its schema and its length of answer included.

import type { Question } from "../../domain/hosted.ts";
import { createJudgeForm, type JudgeOptions } from "./judge.ts";
import { createQuestionMaker, type JudgeTemplate } from "./question.ts";

const template: JudgeTemplate = {
  digest: "",
  render: ({ first, second, verdict }) =>
    `Two summaries of a short article about a bridge:\n${first}\n${second}\nAnswer with one JSON object and nothing else, in this form:\n${verdict}`,
};

const blocks = { first: "The bridge is open again.", second: "The bridge over the river was opened on Friday." };

export function createTrialQuestion({
  criteria,
  scale,
  maxTokens,
}: Pick<JudgeOptions, "criteria" | "scale" | "maxTokens">): Question {
  const form = createJudgeForm(criteria, scale);
  return createQuestionMaker({ template, form, criteria: "", maxTokens }).create("trial", blocks, "trial").question;
}
