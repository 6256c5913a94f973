// Metrics by the names experiments use, and what a record says of each.

import type { MetricDeclaration, TextMetric } from "../../domain/metric.ts";
import { createItemResampler, type ResampleItems } from "../../evaluation/intervals/measure.ts";
import { textMetrics } from "../../evaluation/metric.ts";
import { createDiversityMetric } from "../../evaluation/texts/diversity.ts";
import { createLossMetric } from "../../evaluation/texts/loss.ts";
import { createRougeMetric } from "../../evaluation/texts/rouge.ts";
import { gaussianMetrics } from "../../systems/gaussian/metrics.ts";
import type { RougeMetric } from "../../text/rouge-metric.ts";
import type { Experiment, LanguageExperiment } from "../experiment.ts";

/** The metrics that some arm asks for, by name. */
export function createLanguageMetrics(experiment: LanguageExperiment): Readonly<Record<string, TextMetric>> {
  const names = new Set(experiment.arms.flatMap(({ settings }) => settings.metrics));
  const resample = createItemResampler();
  return Object.fromEntries([...names].map((name) => [name, createLanguageMetric(name, resample)]));
}

/** `diversity` is a group of metrics, every other name one. */
function createLanguageMetric(name: string, resample: ResampleItems): TextMetric {
  if (name === "loss") return createLossMetric(resample);
  if (name === "diversity") return createDiversityMetric(resample);
  return createRougeMetric({ metrics: [name as RougeMetric], stemmer: false }, resample);
}

/** The metrics an experiment measures, in the order of metrics.csv. */
export function computeMetricDeclarations(experiment: Experiment): readonly MetricDeclaration[] {
  if (experiment.system === "gaussian") {
    const names = new Set(experiment.arms.flatMap(({ settings }) => settings.metrics));
    return gaussianMetrics.filter(({ name }) => names.has(name));
  }
  const measured = Object.values(createLanguageMetrics(experiment)).flatMap(({ metrics }) => metrics);
  const isAccepting = experiment.arms.some(({ settings }) => settings.sample.accept !== undefined);
  const facts = textMetrics.filter(({ name, basis }) => basis === "none" && (isAccepting || name !== "acceptance"));
  return [...measured, ...facts].map(({ name, basis, better }) => ({
    name,
    basis,
    better,
  }));
}
