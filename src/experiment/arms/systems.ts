// Experiments of each system: the schema, what holds for the whole run, and the arms.

import { findNearest } from "../document/nearest.ts";
import { createProblem, findPlace, type MapNode, type PlacedProblem } from "../document/node.ts";
import type { Experiment, GaussianExperiment, LanguageExperiment } from "../experiment.ts";
import { checkSeeds, resolveSeeds } from "../schema/frame.ts";
import { type GaussianConfig, gaussianRunPaths, gaussianSchema } from "../schema/gaussian.ts";
import {
  type LanguageConfig,
  languageRunPaths,
  languageSchema,
  resolveDataset,
  resolveLint,
} from "../schema/language.ts";
import { parseTree } from "../validation/parse-tree.ts";
import { checkForms, noPrompt } from "./accept.ts";
import { listGaussianFields, resolveGaussianArm } from "./gaussian-arm.ts";
import {
  checkPrices,
  listLanguageFields,
  resolveLanguageArm,
  resolveProvider,
  resolveVerifiers,
} from "./language-arm.ts";
import { resolveArms } from "./resolve.ts";
import { findGaussianRowProblems, findRowProblems } from "./row-counts.ts";

/** What an experiment is beside what its file says: the text itself and where it came from. */
export type Origin = Pick<Experiment, "name" | "file" | "folder" | "setFolder" | "source" | "sets">;

export type SystemName = Experiment["system"];

/** In the order they are offered. */
export const systemNames: readonly SystemName[] = ["language", "gaussian"];

/** The system a tree names; null, with a problem, where there is no such system. */
export function readSystemName(tree: MapNode, problems: PlacedProblem[]): SystemName | null {
  const node = tree.entries.get("system")?.node;
  if (node === undefined) return "language";
  const kind = node.kind === "map" ? node.entries.get("kind")?.node : node;
  const name = kind?.kind === "scalar" ? kind.value : null;
  const known = systemNames.find((system) => system === name);
  if (known) return known;
  const what = name === null ? "system names no kind" : `there is no system ${JSON.stringify(name)}`;
  const near = findNearest(String(name), systemNames);
  const next = near ? `did you mean ${near}?` : `use one of ${systemNames.join(", ")}`;
  problems.push(createProblem(findPlace(tree, ["system", "kind"]), what, next));
  return null;
}

/** An experiment whose gates are still to be read. */
interface Reading<Read extends Experiment> {
  readonly experiment: Read;
  readonly areIdsCertain: boolean;
}

/** Null only where nothing can be made of the file; otherwise it stands, whatever problems were added. */
export function readLanguage(
  tree: MapNode,
  origin: Origin,
  problems: PlacedProblem[],
): Reading<LanguageExperiment> | null {
  const context = { system: "language", foreignKeys: [] };
  const parsed = parseTree<LanguageConfig>(languageSchema, addDataset(tree, problems), { problems, context });
  if (parsed === null) return null;
  const { config } = parsed;
  checkSeeds(tree, problems);
  checkPrompt(config.prompt, tree, problems);
  const verifiers = resolveVerifiers(config, tree, problems);
  // Of a file the rows are counted when it is read.
  const trainCount = tree.entries.has("dataset") && "name" in config.dataset ? config.dataset.train : null;
  const { arms, areIdsCertain } = resolveArms(addDataset(tree, []), config, {
    problems,
    reader: {
      schema: languageSchema,
      runPaths: languageRunPaths,
      context,
      resolve: (own: LanguageConfig, armTree, found) =>
        resolveLanguageArm(own, armTree, { verifiers, problems: found }),
      listFields: listLanguageFields,
      findRowProblems: (settings, generations) =>
        trainCount === null ? [] : findRowProblems(settings, generations, trainCount),
    },
  });
  const used = new Set(arms.flatMap(({ settings }) => [settings.verifier ?? [], settings.alsoScore].flat()));
  const provider = resolveProvider(config, tree, problems);
  const endpoints = pickUsed(provider.endpoints, listEndpoints(arms, pickUsed(verifiers, used), provider.endpoint));
  if (config.budget.usd !== null) checkPrices(endpoints, tree, problems);
  const experiment: LanguageExperiment = {
    ...readFrame(config, origin),
    system: "language",
    language: {
      dataset: resolveDataset(config.dataset),
      prompt: config.prompt,
      ...provider,
      endpoints,
      verifiers: pickUsed(verifiers, used),
    },
    lint: resolveLint(config.lint),
    keepModels: config.keepModels,
    gates: [],
    arms,
  };
  checkForms(experiment, tree, problems);
  return { experiment, areIdsCertain };
}

const pickUsed = <Value>(byName: Readonly<Record<string, Value>>, used: ReadonlySet<string>) =>
  Object.fromEntries(Object.entries(byName).filter(([name]) => used.has(name)));

/** Names of the endpoints that something is asked of. */
function listEndpoints(
  arms: LanguageExperiment["arms"],
  verifiers: LanguageExperiment["language"]["verifiers"],
  own: string | null,
): ReadonlySet<string> {
  const teachers = arms.flatMap(({ settings }) => settings.teacher ?? []);
  const asked = Object.values(verifiers).flatMap((verifier) => ("endpoint" in verifier ? verifier.endpoint : []));
  return new Set([...(own === null ? [] : [own]), ...teachers, ...asked]);
}

/** The templates that come with the package; a test holds them against its folder. */
export const templateNames: readonly string[] = ["article", "summary"];

/** A name without a slash must be one of the package's. */
function checkPrompt(prompt: string, tree: MapNode, problems: PlacedProblem[]): void {
  if (prompt.includes("/") || prompt === noPrompt || templateNames.includes(prompt) || !prompt.isWellFormed()) return;
  const near = findNearest(prompt, templateNames);
  const next = near
    ? `did you mean ${near}?`
    : `use ${templateNames.join(" or ")}, a file with a slash in its path, or ${noPrompt}`;
  const what = `there is no prompt ${JSON.stringify(prompt)} in the package`;
  problems.push(createProblem(findPlace(tree, ["prompt"]), what, next));
}

/** A trial leaves no model behind, so there is none to keep. */
export function readGaussian(
  tree: MapNode,
  origin: Origin,
  problems: PlacedProblem[],
): Reading<GaussianExperiment> | null {
  const own = Object.keys(gaussianSchema.shape);
  const foreignKeys = Object.keys(languageSchema.shape).filter((key) => !own.includes(key));
  const context = { system: "gaussian", foreignKeys };
  const parsed = parseTree<GaussianConfig>(gaussianSchema, tree, { problems, context });
  if (parsed === null) return null;
  checkSeeds(tree, problems);
  const reader = {
    schema: gaussianSchema,
    runPaths: gaussianRunPaths,
    context,
    resolve: resolveGaussianArm,
    listFields: listGaussianFields,
    findRowProblems: findGaussianRowProblems,
  };
  const { arms, areIdsCertain } = resolveArms(tree, parsed.config, { problems, reader });
  const frame = readFrame(parsed.config, origin);
  return { experiment: { ...frame, system: "gaussian", keepModels: "none", gates: [], arms }, areIdsCertain };
}

/** Without a dataset the rest is still read, as if there were one, so that all problems are told at once. */
function addDataset(tree: MapNode, problems: PlacedProblem[]): MapNode {
  if (tree.entries.has("dataset")) return tree;
  problems.push(createProblem(tree.place, "dataset is missing", "for example dataset: {name: newswire}"));
  const name = { place: tree.place, node: { kind: "scalar", place: tree.place, value: "newswire" } } as const;
  const node = { kind: "map", place: tree.place, entries: new Map([["name", name]]) } as const;
  return { ...tree, entries: new Map(tree.entries).set("dataset", { place: tree.place, node }) };
}

/** What both systems read alike. */
function readFrame(config: LanguageConfig | GaussianConfig, origin: Origin) {
  return {
    ...origin,
    name: config.name ?? origin.name,
    seeds: resolveSeeds(config.seeds),
    workers: config.workers,
    budget: config.budget,
  };
}
