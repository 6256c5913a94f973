// Verifiers that read texts behind endpoints, as an experiment declares them: a hosted judge, a hosted reward model.
// Everything that can change a score stands in their parameters.

import type { Row } from "../../domain/rows.ts";
import type { NamedVerifier } from "../../systems/language/settings.ts";
import { createJudgeTemplate, createRewardTemplate } from "../../systems/language/template.ts";
import { createJudge } from "../../verifiers/judge/judge.ts";
import { createRewardVerifier } from "../../verifiers/reward.ts";
import type { JudgeSettings, RewardSettings } from "../experiment.ts";
import type { Endpoints, Hosting } from "../hosted/endpoints.ts";
import type { VerifierMaterial } from "../verifier-files.ts";

export interface ReaderParts {
  readonly endpoints: Endpoints;
  /** The prompt of a row, as candidates were sampled from it. */
  readonly render: (row: Row) => string;
  readonly materials: Readonly<Record<string, VerifierMaterial>>;
  /** null where nothing is started or asked. */
  readonly hosting: Hosting | null;
  /** What the paths of a command are relative to. */
  readonly folder: string;
}

const plain = { auxiliary: null, isSeeded: false };

export function createHostedJudge(name: string, settings: JudgeSettings, parts: ReaderParts): NamedVerifier {
  const { endpoint, mode, reference: hasReference, canaries: canaryCount } = settings;
  const prompt = parts.materials[name]?.prompt;
  if (!prompt) throw new TypeError(`the judge ${name} needs its prompt`);
  const template = createJudgeTemplate(prompt.text, prompt.name, { mode, hasReference });
  const chat = parts.endpoints.chat(endpoint);
  return { ...plain, ...createJudge({ ...settings, chat, template, hasReference, canaryCount }) };
}

export function createReward(
  { kind, endpoint, label, text }: RewardSettings,
  { endpoints, render }: ReaderParts,
): NamedVerifier {
  const classifier = endpoints.classifier(endpoint);
  const template = createRewardTemplate(text, "text");
  return {
    ...plain,
    verifier: createRewardVerifier({
      classifier,
      label,
      render: (row, completion) => template.render({ prompt: render(row), article: row.article, completion }),
    }),
    parameters: { kind, endpoint: classifier.identity, classifier: classifier.version, label, text },
  };
}
