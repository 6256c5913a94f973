// Joins the parts of a language experiment: the embedded model, verifiers, metrics, corpora and selection.

import { createLanguageSystem } from "../../systems/language/system.ts";
import { createPromptForm, createTemplate } from "../../systems/language/template.ts";
import type { LanguageExperiment } from "../experiment.ts";
import { createNeeds } from "../hosted/needs.ts";
import type { RunRecordSource } from "../prepare.ts";
import type { ComposedSystem, Lent } from "./composed.ts";
import { computeVerifierKeys, listAskedFacts, listLoopFacts } from "./facts.ts";
import { createLintCheck } from "./lint-check.ts";
import { createLanguageMetrics } from "./metrics.ts";
import { openModels } from "./models.ts";
import { policies } from "./policies.ts";
import { createNamedVerifiers } from "./verifiers.ts";

export async function composeLanguage(source: RunRecordSource, lent: Lent | null): Promise<ComposedSystem> {
  const experiment = source.experiment as LanguageExperiment;
  const { materials } = source;
  if (!materials) throw new TypeError("a language experiment needs its materials");
  const { language } = experiment;
  const models = await openModels(experiment, lent);
  // A plan performs nothing, so the shelf it lacks is never opened.
  const shelf = lent?.shelf as Lent["shelf"];
  const template = createTemplate(materials.template.text, materials.template.name);
  const { unprompted } = models;
  const promptForm = createPromptForm(template);
  const hosting = lent?.hosting ?? null;
  const files = materials.verifiers ?? {};
  const verifiers = createNamedVerifiers(language, {
    ...models,
    render: template.render,
    form: unprompted?.who === "all" ? unprompted.form : promptForm,
    hostedForm: unprompted?.form ?? promptForm,
    ...{ materials: files, hosting, folder: experiment.folder },
  });
  const system = createLanguageSystem({
    ...(unprompted && { unprompted }),
    ...(models.mostTokens !== null && { mostTokens: models.mostTokens }),
    shelf,
    sampler: models.sampler,
    scorer: models.scorer,
    trainer: models.trainer,
    template,
    teachers: models.teachers,
    dataset: materials.dataset,
    verifiers,
    metrics: createLanguageMetrics(experiment),
    ...policies,
  });
  const { train, test } = materials.dataset;
  const readText = ({ article }: { readonly article: string }): string =>
    unprompted?.form.createExample({ article }, "").completion ?? "";
  // What stands around an article in a text of the model's own must not stand in it either.
  const linted = unprompted
    ? { shelf, render: readText, readRoundTrip: null }
    : { shelf, render: template.render, readRoundTrip: models.readRoundTrip };
  return {
    system: system as ComposedSystem["system"],
    verifiers: computeVerifierKeys(verifiers),
    facts: [
      {
        name: "dataset",
        value: `${train.rowCount} train rows (${train.digest.slice(0, 12)}), ${test.rowCount} test rows (${test.digest.slice(0, 12)})`,
      },
      ...materials.notes.map((value) => ({ name: "dataset note", value })),
      unprompted
        ? {
            name: "prompt",
            value: `none: hosted and scripted models write whole texts (${unprompted.form.digest.slice(0, 12)})`,
          }
        : { name: "prompt template", value: `${materials.template.name} (${template.digest.slice(0, 12)})` },
      { name: "base model", value: `${language.base} (${models.trainer.base.slice(0, 12)})` },
      ...listLoopFacts(experiment),
      { name: "ROUGE", value: "F1, unstemmed, lower-case runs of a-z and 0-9, as Google's rouge_score 0.1.2" },
      { name: "loss", value: "nats a token of the reference summaries, completion only, end token included" },
      ...listAskedFacts(experiment),
    ],
    checkLint: createLintCheck({ ...linted, verifiers }, experiment.lint),
    usage: models.usage,
    ...createNeeds({ experiment, verifiers, materials: files, endpoints: models.endpoints, shelf, hosting }),
    readWaits: models.endpoints.readWaits,
    close: models.close,
  };
}
