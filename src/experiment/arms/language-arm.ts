// One arm of a language experiment: its settings in full, what of it makes no sense, and the fields it is told by.

import { findNearest } from "../document/nearest.ts";
import { createProblem, findNode, findPlace, type MapNode, type PlacedProblem, toPlain } from "../document/node.ts";
import type { LanguageFrame, LanguageSettings } from "../experiment.ts";
import { listUnpriced, priceAdvice, resolveEndpoints } from "../schema/endpoints.ts";
import { embeddedTokens, type LanguageConfig, resolveCorpus } from "../schema/language.ts";
import { scriptSchema } from "../schema/script.ts";
import { readShare } from "../schema/strict.ts";
import { baseByTrainer, checkParams, resolveParams } from "../schema/training.ts";
import { checkAccept } from "./accept.ts";
import { corpusFields, type Field } from "./fields.ts";
import { checkEndpointName, type Verifiers } from "./verifiers.ts";

export { resolveVerifiers } from "./verifiers.ts";

/** Every default filled in and every share a number; what makes no sense is added to the problems. */
export function resolveLanguageArm(
  config: LanguageConfig,
  tree: MapNode,
  { verifiers, problems }: Check,
): LanguageSettings {
  const { sample, select, evaluate, model, verifier } = config;
  const params = resolveParams([model.params]);
  const firstParams = resolveParams([model.params, model.first.params]);
  checkParams(model.params, { tree, path: ["model", "params"] }, problems);
  checkParams(model.first.params, { tree, path: ["model", "first", "params"] }, problems);
  checkVerifier(verifier, tree, { verifiers, problems });
  checkSelection(config, tree, problems);
  checkOpponents(config, tree, { verifiers, problems });
  checkEndpoints(config, tree, problems);
  checkAccept(config, tree, { verifiers, problems });
  const { accept, ...drawn } = sample;
  const decodings = {
    greedy: { temperature: 0, topP: null, topK: null },
    sample: { temperature: sample.temperature, topP: sample.topP, topK: sample.topK },
  };
  const decode = typeof evaluate.decode === "string" ? decodings[evaluate.decode] : evaluate.decode;
  return {
    real: readShare(config.real),
    start: model.start,
    teacher: model.first.endpoint,
    params,
    firstParams,
    sample: { ...drawn, ...(accept && { accept: { ...accept } }) },
    corpus: resolveCorpus(config.corpus, tree, problems),
    verifier: verifier === "none" ? null : verifier,
    alsoScore: config.score === "all" ? Object.keys(verifiers) : [],
    selection: { best: select.best, threshold: select.threshold, keep: readShare(select.keep) },
    markers: config.markers,
    decode: { ...decode, maxTokens: sample.maxTokens, stop: sample.stop },
    metrics: [...new Set(evaluate.metrics)],
  };
}

/** One provider trains, samples and scores all of an experiment. */
export function resolveProvider(
  { model, verifiers, endpoints: declared }: LanguageConfig,
  tree: MapNode,
  problems: PlacedProblem[],
): Pick<LanguageFrame, "trainer" | "base" | "script" | "endpoint" | "endpoints"> {
  const { trainer, script, endpoint } = model;
  const base = model.base ?? baseByTrainer[trainer];
  const refuse = (path: readonly string[], what: string, next: string): void => {
    problems.push(createProblem(findPlace(tree, path), what, next));
  };
  if (base !== baseByTrainer[trainer]) {
    refuse(["model", "base"], `the trainer ${trainer} starts from no ${base}`, `leave model.base out`);
  }
  if (script !== undefined && trainer !== "scripted") {
    refuse(["model", "script"], `the trainer ${trainer} follows no script`, "set model.trainer: scripted");
  }
  for (const [name, declared] of Object.entries(verifiers)) {
    const own = declared.kind === "perplexity" ? declared.model.trainer : undefined;
    if (own === undefined || own === trainer) continue;
    const what = `the model of verifier ${name} cannot have another trainer than the experiment, ${trainer}`;
    refuse(["verifiers", name, "model", "trainer"], what, "leave it out");
  }
  const endpoints = resolveEndpoints(declared, (path, what, next) => {
    const at = ["endpoints", ...path];
    // An address that stands there and was left out as wrong is not missing.
    if (path.at(-1) === "url" && findNode(tree, at) !== undefined) return;
    refuse(at, what, next);
  });
  const served = endpoint === null ? undefined : endpoints[endpoint];
  if (served && trainer !== "embedded") {
    refuse(
      ["model", "endpoint"],
      `models of the trainer ${trainer} are behind no endpoint`,
      "leave model.endpoint out",
    );
  }
  if (served && served.model !== null) {
    const what = `the endpoint ${endpoint} serves ${served.model}, not the model of each generation`;
    refuse(
      ["model", "endpoint"],
      what,
      "name it under model.first.endpoint, or leave its model out and set url: serve",
    );
  }
  return {
    trainer,
    base,
    script: trainer === "scripted" ? (script ?? scriptSchema.parse({})) : null,
    endpoint,
    endpoints,
  };
}

/** What an arm asks of endpoints: that they are declared, and what they can do. */
function checkEndpoints(
  { model, sample, endpoints, evaluate, generations }: LanguageConfig,
  tree: MapNode,
  problems: PlacedProblem[],
): void {
  const refuse = (path: readonly string[], what: string, next: string): void => {
    problems.push(createProblem(findPlace(tree, path), what, next));
  };
  checkEndpointName(model.endpoint, { tree, path: ["model", "endpoint"] }, problems);
  const teacher = model.first.endpoint;
  checkEndpointName(teacher, { tree, path: ["model", "first", "endpoint"] }, problems);
  const declared = teacher === null ? undefined : endpoints[teacher];
  if (declared && declared.model === undefined) {
    refuse(
      ["model", "first", "endpoint"],
      `the endpoint ${teacher} names no model`,
      "set its model, as the server calls it",
    );
  }
  if (declared?.given === "none" && evaluate.metrics.includes("loss")) {
    const what = `the endpoint ${teacher} scores no given texts, so generation 0 has no loss`;
    refuse(["evaluate", "metrics"], what, "leave loss out of evaluate.metrics");
  }
  // Every generation that is trained writes through the embedded engine, wherever it is served. After a teacher's, the
  // answers of the last one are cut at what it can.
  const isWriting = model.trainer === "embedded" && (teacher === null || generations > 1);
  if (sample.maxTokens > embeddedTokens && isWriting) {
    const what = `sample.maxTokens is ${sample.maxTokens}, the embedded model writes ${embeddedTokens} at most`;
    refuse(["sample", "maxTokens"], what, `set it to ${embeddedTokens} or less`);
  }
}

interface Check {
  readonly verifiers: Verifiers;
  readonly problems: PlacedProblem[];
}

/** A verifier is named by arms and declared by the file, so only an arm knows whether its own is there. */
function checkVerifier(name: string, tree: MapNode, { verifiers, problems }: Check): void {
  // A declaration that is not valid is a declaration all the same.
  const declared = findNode(tree, ["verifiers"]);
  const names = declared?.kind === "map" ? declared.entries.keys() : [];
  const known = [...new Set(["none", ...Object.keys(verifiers), ...names])];
  if (known.includes(name)) return;
  const near = findNearest(name, known);
  const next = near ? `did you mean ${near}?` : `declare it under verifiers, or use one of ${known.join(", ")}`;
  problems.push(createProblem(findPlace(tree, ["verifier"]), `there is no verifier ${JSON.stringify(name)}`, next));
}

/** Draws of a prompt can only be compared where there are several. */
function checkOpponents(
  { sample, corpus, verifier, score }: LanguageConfig,
  tree: MapNode,
  { verifiers, problems }: Check,
): void {
  const isDoubling = (typeof corpus === "string" ? corpus : corpus.policy) === "accumulate-doubling";
  if (sample.candidates > 1 || isDoubling) return;
  for (const [name, declared] of Object.entries(verifiers)) {
    if (declared.kind !== "judge" || declared.against !== "draws" || (name !== verifier && score !== "all")) continue;
    const what = `the verifier ${name} compares draws of a prompt, and there is one`;
    const next = `raise sample.candidates, or set verifiers.${name}.against: lead`;
    problems.push(createProblem(findPlace(tree, ["sample", "candidates"]), what, next));
  }
}

/**
 * Selections that cannot do what they say. Without scores the first half of the candidates is any half: that has a
 * name, random, and a stage that records its draws.
 */
function checkSelection({ sample, select, verifier }: LanguageConfig, tree: MapNode, problems: PlacedProblem[]): void {
  const refuse = (path: readonly string[], what: string, next: string): void => {
    problems.push(createProblem(findPlace(tree, path), what, next));
  };
  if (verifier === "none") {
    const keep = readShare(select.keep);
    const means = "the verifier none gives no scores to choose by";
    if (keep < 1) {
      const what = `${means}: keeping ${Number((keep * 100).toPrecision(12))} % under it would be random under another name`;
      refuse(["select", "keep"], what, "set verifier: random, or keep 100%");
    }
    if (select.best !== null) refuse(["select", "best"], means, "name a verifier, or leave best out");
    if (select.threshold !== null) refuse(["select", "threshold"], means, "name a verifier, or leave threshold out");
  }
  // A count that is not valid has been told already, and another stands in for it.
  const counted = findNode(tree, ["sample", "candidates"]);
  if (counted && toPlain(counted) !== sample.candidates) return;
  if (select.best !== null && select.best > sample.candidates) {
    const what = `the best ${select.best} of ${sample.candidates} candidates a prompt cannot be kept`;
    refuse(["select", "best"], what, "raise sample.candidates or lower select.best");
  }
  if (sample.temperature === 0 && sample.candidates > 1) {
    const what = `at temperature 0 all ${sample.candidates} candidates of a prompt are the same`;
    refuse(["sample", "candidates"], what, "draw one, or raise sample.temperature");
  }
}

/**
 * Most telling first: policy, verifier, selection, data, sampling, training. A field of generation 0 counts only where
 * it is another than that of all generations.
 */
export function listLanguageFields(settings: LanguageSettings, generations: number): readonly Field[] {
  const { selection, sample, params, firstParams } = settings;
  const training = Object.entries(params as Readonly<Record<string, number | null>>);
  const first = firstParams as Readonly<Record<string, number | null>>;
  return [
    ...corpusFields(settings.corpus),
    { name: "verifier", value: settings.verifier ?? "none" },
    { name: "best", value: selection.best },
    { name: "threshold", value: selection.threshold },
    { name: "keep", value: selection.keep, isShare: true },
    { name: "markers", value: settings.markers },
    { name: "real", value: settings.real, isShare: true },
    { name: "generations", value: generations },
    { name: "candidates", value: sample.candidates },
    { name: "temperature", value: sample.temperature },
    { name: "topP", value: sample.topP },
    { name: "topK", value: sample.topK },
    { name: "maxTokens", value: sample.maxTokens },
    { name: "accept", value: sample.accept?.rows },
    { name: "accept.candidates", value: sample.accept?.candidates },
    { name: "accept.begin", value: sample.accept?.begin },
    { name: "accept.part", value: sample.accept?.part ?? undefined },
    { name: "stop", value: sample.stop.length > 0 ? sample.stop.join(" ") : null },
    { name: "teacher", value: settings.teacher },
    { name: "start", value: settings.start },
    ...training.map(([name, value]) => ({ name, value })),
    ...training.map(([name, value]) => ({
      name: `first.${name}`,
      value: first[name] === value ? null : (first[name] ?? null),
    })),
    { name: "decode", value: renderDecoding(settings) },
    { name: "score", value: settings.alsoScore.length > 0 ? "all" : "needed" },
  ];
}

/** `greedy`, `sample`, or the options joined. */
function renderDecoding({ decode, sample }: LanguageSettings): string {
  const { temperature, topP, topK } = decode;
  if (temperature === 0) return "greedy";
  if (temperature === sample.temperature && topP === sample.topP && topK === sample.topK) return "sample";
  return [`t${temperature}`, ...(topP === null ? [] : [`p${topP}`]), ...(topK === null ? [] : [`k${topK}`])].join("-");
}

/** A cap in dollars holds only where every price is known. */
export function checkPrices(endpoints: LanguageFrame["endpoints"], tree: MapNode, problems: PlacedProblem[]): void {
  for (const name of listUnpriced(endpoints)) {
    const what = `nobody knows what the endpoint ${name} costs, so budget.usd cannot hold`;
    problems.push(createProblem(findPlace(tree, ["endpoints", name, "price"]), what, priceAdvice));
  }
}
