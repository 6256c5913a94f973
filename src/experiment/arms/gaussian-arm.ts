// One arm of a Gaussian experiment: its settings in full, what of it cannot be run, and the fields it is told by.

import { gaussianMetrics } from "../../systems/gaussian/metrics.ts";
import { findGaussianProblems } from "../../systems/gaussian/settings.ts";
import { createProblem, findPlace, type MapNode, type PlacedProblem } from "../document/node.ts";
import type { GaussianSettings } from "../experiment.ts";
import { resolveCorpus } from "../schema/corpus.ts";
import { type GaussianConfig, resolveSystem } from "../schema/gaussian.ts";
import { corpusFields, type Field } from "./fields.ts";

/** The system itself says what it cannot run; here it is given a place. */
export function resolveGaussianArm(config: GaussianConfig, tree: MapNode, problems: PlacedProblem[]): GaussianSettings {
  const { dimensions, samples, covariance, draws } = resolveSystem(config.system);
  const corpus = resolveCorpus(config.corpus, tree, problems);
  // In one order, whatever the file's: what is measured is the same.
  const metrics = gaussianMetrics.map(({ name }) => name).filter((name) => config.evaluate.metrics.includes(name));
  const settings = { dimensions, samples, covariance, draws, corpus, metrics };
  for (const { where, what, next } of findGaussianProblems(settings)) {
    problems.push(createProblem(findPlace(tree, where.split(".")), `${where}: ${what}`, next));
  }
  return settings;
}

/** Most telling first. */
export function listGaussianFields(settings: GaussianSettings, generations: number): readonly Field[] {
  return [
    ...corpusFields(settings.corpus),
    { name: "dimensions", value: settings.dimensions },
    { name: "samples", value: settings.samples },
    { name: "covariance", value: settings.covariance },
    { name: "draws", value: settings.draws },
    { name: "generations", value: generations },
  ];
}
