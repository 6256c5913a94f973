// The text of an experiment file to an Experiment: YAML, --set, arms, every one of them validated as a whole, and
// everything that is wrong reported at once. It opens no file.

import { basename, dirname, extname, resolve } from "node:path";
import { ConfigError } from "../errors.ts";
import { resolveGates } from "./arms/gates.ts";
import { readGaussian, readLanguage, readSystemName } from "./arms/systems.ts";
import { computeMetricDeclarations } from "./compose/metrics.ts";
import { createProblem, findNode, type MapNode, type PlacedProblem } from "./document/node.ts";
import { applyOverrides, type Override } from "./document/override.ts";
import { applySets } from "./document/sets.ts";
import { parseFileText } from "./document/yaml.ts";
import type { Experiment } from "./experiment.ts";
import { isName } from "./schema/strict.ts";

export interface ParseOptions {
  /** Names the file in problems, and the experiment where it gives itself no name. */
  readonly file?: string;
  /** What relative paths in it are relative to; the file's folder unless given. */
  readonly folder?: string;
  /** What relative paths in `sets` are relative to; `folder` unless given. */
  readonly setFolder?: string;
  /** `path=value`, as --set takes them. */
  readonly sets?: readonly string[];
}

/** Throws ConfigError with every problem there is, in the order of the file. */
export function parseExperiment(text: string, options: ParseOptions = {}): Experiment {
  const { file = "<text>", folder = dirname(file), setFolder = folder, sets = [] } = options;
  const { root, problems: faults } = parseFileText(text, file);
  const problems: PlacedProblem[] = [...faults];
  if (root === null) throw createError(problems);
  if (root.kind !== "map") {
    throw createError([...problems, createProblem(root.place, "an experiment is a mapping", "begin with schema: 1")]);
  }
  const set = applySets(root, sets, problems);
  const tree = resolve(setFolder) === resolve(folder) ? set : placeFiles(set, setFolder);
  const origin = { name: createName(file), file, folder, setFolder, source: text, sets };
  const experiment = readTree(tree, origin, problems);
  if (experiment === null || problems.length > 0) throw createError(problems);
  return experiment;
}

/** A path that a flag gives is meant from where the command is given; one in the file stays as it is. */
function placeFiles(tree: MapNode, setFolder: string): MapNode {
  const declared = findNode(tree, ["verifiers"]);
  const names = declared?.kind === "map" ? [...declared.entries.keys()] : [];
  const prompts = [["prompt"], ...names.map((name) => ["verifiers", name, "prompt"])];
  const overrides = [["dataset", "file"], ...prompts].flatMap((path): readonly Override[] => {
    const node = findNode(tree, path);
    if (node?.kind !== "scalar" || typeof node.value !== "string" || !node.place.isFlag) return [];
    // A prompt without a slash is a name.
    if (node.value === "" || (path.at(-1) === "prompt" && !node.value.includes("/"))) return [];
    return [{ path, node: { ...node, value: resolve(setFolder, node.value) }, place: node.place }];
  });
  return applyOverrides(tree, overrides).root;
}

/** Gates come last: they are held against arms. */
function readTree(
  tree: MapNode,
  origin: Parameters<typeof readLanguage>[1],
  problems: PlacedProblem[],
): Experiment | null {
  const system = readSystemName(tree, problems);
  if (system === null) return null;
  const reading = system === "language" ? readLanguage(tree, origin, problems) : readGaussian(tree, origin, problems);
  if (reading === null) return null;
  const { experiment, areIdsCertain } = reading;
  const metrics = computeMetricDeclarations(experiment).map(({ name }) => name);
  const gates = resolveGates(tree, { arms: experiment.arms, metrics, areIdsCertain }, problems);
  return { ...experiment, gates };
}

/** The file's name without its extension, where that is a safe name. */
function createName(file: string): string {
  const name = basename(file, extname(file));
  return isName(name) ? name : "experiment";
}

/** In the order of the file, each once: an arm repeats what is wrong with the whole. */
function createError(problems: readonly PlacedProblem[]): ConfigError {
  const byText = new Map(problems.map((problem) => [`${problem.where}\n${problem.what}`, problem]));
  const sorted = [...byText.values()].toSorted((one, other) => one.order - other.order);
  return new ConfigError(sorted.map(({ where, what, next }) => ({ where, what, next })));
}
