// The verifiers of an experiment, built in and declared: each in full, and what of it makes no sense.

import { ConfigError } from "../../errors.ts";
import { createRewardTemplate } from "../../systems/language/template.ts";
import { findNearest } from "../document/nearest.ts";
import { createProblem, findNode, findPlace, type MapNode, type PlacedProblem } from "../document/node.ts";
import type { CommandSettings, JudgeSettings, RewardSettings, VerifierSettings } from "../experiment.ts";
import type { LanguageConfig } from "../schema/language.ts";
import { readShare } from "../schema/strict.ts";
import { checkParams, resolveParams } from "../schema/training.ts";
import { builtInVerifiers, type VerifierConfig } from "../schema/verifiers.ts";

/** Every verifier there is but `none`, by name. */
export type Verifiers = Readonly<Record<string, VerifierSettings>>;

/** The built-in verifiers and the declared ones. */
export function resolveVerifiers(config: LanguageConfig, tree: MapNode, problems: PlacedProblem[]): Verifiers {
  const verifiers: Record<string, VerifierSettings> = {
    oracle: { kind: "oracle", metric: "rouge1", stem: false },
    self: { kind: "self" },
    random: { kind: "random" },
  };
  const at = (path: readonly string[]): At => ({ config, tree, path, problems });
  for (const [name, declared] of Object.entries(config.verifiers)) {
    const path = ["verifiers", name];
    if ((builtInVerifiers as readonly string[]).includes(name) && name !== declared.kind) {
      const what = `the verifier ${name} is built in`;
      problems.push(createProblem(findPlace(tree, path), what, "choose another name"));
    }
    if (declared.kind === "oracle") verifiers[name] = { ...declared };
    else if (declared.kind === "command") verifiers[name] = resolveCommand(declared, at(path));
    else if (declared.kind === "reward") verifiers[name] = resolveReward(declared, at(path));
    else if (declared.kind === "judge") verifiers[name] = resolveJudge(declared, at(path));
    else if (declared.model.endpoint !== null) {
      const { endpoint } = declared.model;
      const place = at([...path, "model", "endpoint"]);
      checkFixedModel(endpoint, place);
      if (config.endpoints[endpoint]?.given === "none") {
        const what = `the endpoint ${endpoint} scores no given texts`;
        refuse(place, what, "name one that does, or set given: auto there");
      }
      verifiers[name] = { kind: "perplexity", endpoint };
    } else {
      const { real, params } = declared.model;
      const layers = [config.model.params, config.model.first.params, params];
      verifiers[name] = { kind: "perplexity", model: { real: readShare(real), params: resolveParams(layers) } };
      checkParams(params, { tree, path: [...path, "model", "params"] }, problems);
    }
  }
  return verifiers;
}

/** Where a declaration stands, and what to hold it against. */
interface At {
  readonly config: LanguageConfig;
  readonly tree: MapNode;
  readonly path: readonly string[];
  readonly problems: PlacedProblem[];
}

type Declared<Kind> = Extract<VerifierConfig, { readonly kind: Kind }>;

function refuse({ tree, path, problems }: At, what: string, next: string): void {
  problems.push(createProblem(findPlace(tree, path), what, next));
}

const below = (at: At, key: string): At => ({ ...at, path: [...at.path, key] });

/** Whoever judges is one and the same model throughout. */
function checkFixedModel(endpoint: string, at: At): void {
  checkEndpointName(endpoint, at, at.problems);
  const hosted = at.config.endpoints[endpoint];
  if (hosted && hosted.model === undefined) {
    refuse(at, `the endpoint ${endpoint} names no model`, "set its model, as the server calls it");
  }
}

/** The questions that come with the package. */
export const judgePrompts: readonly string[] = ["judge-pairwise", "judge-rubric"];

function resolveJudge(declared: Declared<"judge">, at: At): JudgeSettings {
  const { mode, prompt = `judge-${mode}`, scale, against, ...rest } = declared;
  checkFixedModel(declared.endpoint, below(at, "endpoint"));
  if (!prompt.includes("/") && !judgePrompts.includes(prompt)) {
    const next = `use judge-${mode}, or a file with a slash in its path`;
    refuse(below(at, "prompt"), `there is no prompt ${JSON.stringify(prompt)} for a judge in the package`, next);
  }
  const { low = 1, high = 10 } = scale ?? {};
  if (low >= high) refuse(below(at, "scale"), "the scale ends where it begins, or before", "raise scale.high");
  if (mode === "pairwise" && scale) refuse(below(at, "scale"), "pairs have no scale", "leave scale out");
  if (mode === "rubric" && against) {
    refuse(below(at, "against"), "a rubric judges one text at a time", "set mode: pairwise, or leave against out");
  }
  const isRubric = mode === "rubric";
  return {
    ...rest,
    mode,
    prompt,
    scale: isRubric ? { low, high } : null,
    against: isRubric ? null : (against ?? "draws"),
  };
}

function resolveReward(declared: Declared<"reward">, at: At): RewardSettings {
  checkFixedModel(declared.endpoint, below(at, "endpoint"));
  try {
    createRewardTemplate(declared.text, at.path.join("."));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { what, next } of error.problems) {
      at.problems.push(
        createProblem(findPlace(at.tree, [...at.path, "text"]), `${at.path.join(".")}.text ${what}`, next),
      );
    }
  }
  return declared;
}

function resolveCommand(declared: Declared<"command">, at: At): CommandSettings {
  if (declared.command[0] === "") refuse(below(at, "command"), "the name of the program is empty", "name the program");
  return declared;
}

/** Arms name endpoints that the file declares. */
export function checkEndpointName(
  name: string | null,
  { tree, path }: { readonly tree: MapNode; readonly path: readonly string[] },
  problems: PlacedProblem[],
): void {
  // A declaration that is not valid is a declaration all the same.
  const declared = findNode(tree, ["endpoints"]);
  const known = declared?.kind === "map" ? [...declared.entries.keys()] : [];
  if (name === null || known.includes(name)) return;
  const near = findNearest(name, known);
  const next = near ? `did you mean ${near}?` : "declare it under endpoints";
  problems.push(createProblem(findPlace(tree, path), `there is no endpoint ${JSON.stringify(name)}`, next));
}
