// Arms that draw until so many rows are accepted, and experiments whose models are asked without a prompt: what of them
// makes no sense, told before anything runs.

import { createProblem, findPlace, type MapNode, type PlacedProblem } from "../document/node.ts";
import type { LanguageExperiment, VerifierSettings } from "../experiment.ts";
import type { LanguageConfig } from "../schema/language.ts";
import type { Verifiers } from "./verifiers.ts";

/** The prompt of experiments whose models are asked for texts of their own. */
export const noPrompt = "none";

type Refuse = (path: readonly string[], what: string, next: string) => void;

const createRefuse = (tree: MapNode, problems: PlacedProblem[]): Refuse => {
  return (path, what, next) => void problems.push(createProblem(findPlace(tree, path), what, next));
};

export function checkAccept(
  config: LanguageConfig,
  tree: MapNode,
  { verifiers, problems }: { readonly verifiers: Verifiers; readonly problems: PlacedProblem[] },
): void {
  const refuse = createRefuse(tree, problems);
  if (config.prompt === noPrompt) checkUnprompted(config, refuse);
  const { sample, select, model, corpus, generations } = config;
  const { accept } = sample;
  if (!accept) return;
  const isTeacherAlone = model.first.endpoint !== null && generations === 1;
  if (model.trainer === "embedded" && generations > 0 && !isTeacherAlone) {
    const next = "name a hosted model under model.first.endpoint with generations: 1, or set model.trainer: scripted";
    refuse(["sample", "accept"], "the embedded model cannot be drawn from until rows are accepted", next);
  }
  if (accept.candidates < accept.rows) {
    const what = `${accept.candidates} candidates cannot make ${accept.rows} rows`;
    refuse(["sample", "accept", "candidates"], what, "raise sample.accept.candidates");
  }
  if (accept.part !== null && accept.begin.includes(accept.part)) {
    const what = "sample.accept.begin holds sample.accept.part, which a text must hold once";
    refuse(["sample", "accept", "begin"], what, "begin with something else");
  }
  if (sample.candidates !== 1) {
    const what = "sample.candidates and sample.accept both say how many candidates are drawn";
    refuse(["sample", "candidates"], what, "leave sample.candidates out");
  }
  if (sample.temperature === 0) {
    refuse(["sample", "temperature"], "at temperature 0 a further draw is the same text", "raise sample.temperature");
  }
  if ((typeof corpus === "string" ? corpus : corpus.policy) === "accumulate-doubling") {
    const next = "choose another policy, or leave sample.accept out";
    refuse(["corpus"], "accumulate-doubling says itself how many rows it takes", next);
  }
  if (select.best !== null) {
    const next = "leave select.best out; threshold and keep choose among the accepted rows";
    refuse(["select", "best"], "rows are accepted from any prompt, so no prompt has a best one", next);
  }
  if (accept.part !== null) checkReferences(config, verifiers, refuse);
}

/** A row that a model wrote whole is like no real one. */
function checkReferences({ verifier, score }: LanguageConfig, verifiers: Verifiers, refuse: Refuse): void {
  const needing = Object.entries(verifiers).filter(([, settings]) => needsReference(settings));
  const next = "use self, random, a perplexity or a verifier that reads no reference";
  for (const [name] of needing) {
    const what = `the verifier ${name} compares with a reference, and an article that the model wrote itself has none`;
    if (name === verifier) refuse(["verifier"], what, next);
  }
  const [first] = needing;
  if (score === "all" && first) {
    const what = `score: all means ${first[0]} too, and an article that the model wrote itself has no reference`;
    refuse(["score"], what, "leave score out");
  }
}

function needsReference(settings: VerifierSettings): boolean {
  if (settings.kind === "oracle") return true;
  if (settings.kind === "judge") return settings.reference || settings.against === "reference";
  return settings.kind === "command" && settings.reference;
}

/** A text without a prompt is a row only if it can be read off it, and no answer to any reference. */
function checkUnprompted({ sample, model, endpoints, evaluate, generations }: LanguageConfig, refuse: Refuse): void {
  const { accept } = sample;
  if (!accept || accept.begin === "" || accept.part === null) {
    const path = accept ? ["sample", "accept"] : ["prompt"];
    const next = 'for example sample: {accept: {rows: 100, candidates: 1000, begin: "user: ", part: "\\nassistant: "}}';
    refuse(path, "without a prompt sample.accept must say how a text begins and what parts it into two", next);
  }
  const rouge = evaluate.metrics.filter((name) => name.startsWith("rouge"));
  if (rouge.length > 0) {
    const what = `texts that were written without a prompt answer nothing, so they have no ${rouge.join(", ")}`;
    refuse(["evaluate", "metrics"], what, "set evaluate.metrics to loss and diversity, or to one of them");
  }
  const teacher = model.first.endpoint;
  const hosted = teacher === null ? undefined : endpoints[teacher];
  if (hosted && hosted.ask !== "completions") {
    const what = `the endpoint ${teacher} is asked by chats, and a chat begins with a message`;
    refuse(["model", "first", "endpoint"], what, `set endpoints.${teacher}.ask: completions`);
  }
  if (model.trainer === "embedded" && teacher === null && generations > 0 && accept === null) {
    refuse(["prompt"], "the embedded model writes nothing without a prompt", "name a template, such as article");
  }
}

/** All models of an experiment without a prompt read and write texts of one form. */
export function checkForms({ arms, language }: LanguageExperiment, tree: MapNode, problems: PlacedProblem[]): void {
  if (language.prompt !== noPrompt) return;
  const forms = arms.flatMap(({ settings: { sample } }) =>
    sample.accept ? JSON.stringify([sample.accept.begin, sample.accept.part]) : [],
  );
  if (new Set(forms).size < 2) return;
  const next = "give begin and part once, for the whole file";
  createRefuse(tree, problems)(["sample", "accept"], "without a prompt arms cannot differ in the form of texts", next);
}
