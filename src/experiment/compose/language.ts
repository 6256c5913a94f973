// Joins the parts of a language experiment: the embedded model, verifiers, metrics, corpora and selection.

import type { Shelf } from "../../domain/shelf.ts";
import type { Json } from "../../keys/canonical.ts";
import { createLanguageSystem } from "../../systems/language/system.ts";
import { createTemplate } from "../../systems/language/template.ts";
import type { LanguageExperiment } from "../experiment.ts";
import type { RunRecordSource } from "../prepare.ts";
import type { ComposedSystem } from "./composed.ts";
import { createLintCheck } from "./lint-check.ts";
import { createLanguageMetrics } from "./metrics.ts";
import { policies } from "./policies.ts";
import { openModelProvider } from "./providers.ts";
import { createNamedVerifiers } from "./verifiers.ts";

export async function composeLanguage(source: RunRecordSource, shelf: Shelf | null): Promise<ComposedSystem> {
  const experiment = source.experiment as LanguageExperiment;
  const { materials } = source;
  if (!materials) throw new TypeError("a language experiment needs its materials");
  const { language } = experiment;
  const provider = await openModelProvider(language, experiment);
  const template = createTemplate(materials.template.text, materials.template.name);
  const system = createLanguageSystem({
    // A plan performs nothing, so the shelf it lacks is never opened.
    shelf: shelf as Shelf,
    sampler: provider.sampler,
    scorer: provider.scorer,
    trainer: provider.trainer,
    template,
    dataset: materials.dataset,
    verifiers: createNamedVerifiers(language.verifiers, provider.scorer, template.render),
    metrics: createLanguageMetrics(experiment),
    ...policies,
  });
  const { train, test } = materials.dataset;
  const linted = { shelf: shelf as Shelf, render: template.render, readRoundTrip: provider.readRoundTrip };
  return {
    system: system as ComposedSystem["system"],
    facts: [
      {
        name: "dataset",
        value: `${train.rowCount} train rows (${train.digest.slice(0, 12)}), ${test.rowCount} test rows (${test.digest.slice(0, 12)})`,
      },
      ...materials.notes.map((value) => ({ name: "dataset note", value })),
      { name: "prompt template", value: `${materials.template.name} (${template.digest.slice(0, 12)})` },
      { name: "base model", value: `${language.base} (${provider.trainer.base.slice(0, 12)})` },
      ...listLoopFacts(experiment),
      { name: "ROUGE", value: "F1, unstemmed, lower-case runs of a-z and 0-9, as Google's rouge_score 0.1.2" },
      { name: "loss", value: "nats a token of the reference summaries, completion only, end token included" },
      { name: "candidates cut at maxTokens", value: "kept by verifier none, unscorable by perplexity" },
    ],
    checkLint: createLintCheck(linted, experiment.lint),
    usage: provider.usage,
    close: provider.close,
  };
}

/** What the loop was told, as resolved: where arms differ, every value there is. */
function listLoopFacts({ arms, keepModels }: LanguageExperiment): ComposedSystem["facts"] {
  const own = arms.filter(({ isLine }) => !isLine);
  const list = (read: (arm: (typeof arms)[number]) => string): string => [...new Set(own.map(read))].join("; ");
  return [
    { name: "generations", value: list(({ generations }) => String(generations)) },
    { name: "real share", value: list(({ settings }) => `${Number((settings.real * 100).toPrecision(12))}%`) },
    { name: "sampling", value: list(({ settings }) => renderFields({ ...settings.sample })) },
    {
      name: "training",
      value: list(({ settings }) => renderFields(settings.params as Readonly<Record<string, Json>>)),
    },
    { name: "keepModels", value: keepModels },
  ];
}

/** `candidates 1, temperature 1`, without what is not set. */
function renderFields(fields: Readonly<Record<string, Json>>): string {
  const set = Object.entries(fields).filter(([, value]) => value !== null);
  return set.map(([name, value]) => `${name} ${value}`).join(", ");
}
