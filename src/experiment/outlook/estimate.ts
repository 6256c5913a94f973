// What a stage that was never run will send out of the process, where that is known before the first call.
// At most: answers are counted as long as they may be, and a draw as a request where n may not be heeded.

import type { Split } from "../../domain/rows.ts";
import type { Description } from "../../domain/stage.ts";
import { type Json, renderCanonical } from "../../keys/canonical.ts";
import { computeProofCost } from "../../providers/proving/proof-cost.ts";
import { computeUsd } from "../../providers/usage.ts";
import type { LanguageExperiment, LanguageSettings } from "../experiment.ts";
import { findAsked, findModelEndpoint, findVerifierEndpoint } from "../hosted/asked.ts";
import { computeUses } from "../hosted/uses.ts";
import type { LanguageMaterials, RunRecordSource } from "../prepare.ts";
import { type DeclaredEndpoint, resolvePrice } from "../schema/endpoints.ts";

export interface Outside {
  readonly calls: number;
  /** At most. */
  readonly tokens: number;
  readonly usd: number;
}

/** Of one stage, beside what proves whoever is asked. */
export interface StageOutside extends Outside {
  /** What it tells its progress by, at most: candidates, or the rows that are to be accepted. */
  readonly rows: number;
  /** It asks until so many rows are accepted: nobody knows how many calls that takes. */
  readonly isOpenEnded: boolean;
}

/** undefined where nothing leaves the process, or nothing is known of it. */
export type EstimateOutside = (description: Description, answered: number) => Outside | undefined;

/**
 * Asked for one stage after another in the order of a plan: an endpoint is proved in the name of the first that asks it.
 * `answered`: calls of that stage that an earlier process made, and that are not made again.
 */
export function createEstimate(source: RunRecordSource): EstimateOutside {
  const estimateProof = createProofEstimate(source);
  return (description, answered) => {
    const whole = estimateStage(description, source);
    if (whole === undefined) return undefined;
    const left = whole.calls === 0 ? 0 : Math.max(0, whole.calls - answered) / whole.calls;
    const sent = { calls: left * whole.calls, tokens: Math.round(left * whole.tokens), usd: left * whole.usd };
    const proof = estimateProof(description);
    return proof === undefined ? sent : addTwo(sent, proof);
  };
}

/** What proves the endpoint of a stage, where no stage before it asked that endpoint. */
export function createProofEstimate(source: RunRecordSource): (description: Description) => Outside | undefined {
  const proved = new Set<string>();
  return (description) => {
    const endpoint = findAsked(description, source.experiment);
    if (endpoint === undefined || proved.has(endpoint.name)) return undefined;
    proved.add(endpoint.name);
    const uses = computeUses(endpoint.name, source.experiment as LanguageExperiment);
    return priceCalls(endpoint, computeProofCost(endpoint, uses));
  };
}

/** Stages of one name are asked alike: what a call of the one costs is what a call of the other will. */
export function nameAlike({ kind, parameters, turn }: Description, { experiment }: RunRecordSource): string {
  const { split = null, basis = null, verifier = null } = parameters as Readonly<Record<string, Json>>;
  const asked = experiment.system === "language" ? findModelEndpoint({ turn }, experiment)?.name : undefined;
  return renderCanonical([kind, asked ?? null, split, basis, verifier]);
}

function addTwo(one: Outside, other: Outside): Outside {
  return { calls: one.calls + other.calls, tokens: one.tokens + other.tokens, usd: one.usd + other.usd };
}

/** What of a stage is asked for by itself, without what proves whoever is asked. */
export function estimateStage(description: Description, source: RunRecordSource): StageOutside | undefined {
  const { experiment, materials } = source;
  if (experiment.system !== "language" || materials === null) return undefined;
  const { script } = experiment.language;
  // A hosted teacher is trained by nobody.
  const isTrained = description.kind === "train" && !Object.hasOwn(description.parameters as object, "endpoint");
  if (script !== null && isTrained) return { calls: 1, tokens: 0, usd: script.price, rows: 1, isOpenEnded: false };
  const asked = { description, experiment, materials };
  if (description.kind === "sample") return estimateSampling(asked);
  if (description.kind === "verify") return estimateVerifying(asked);
  if (description.kind === "evaluate") return estimateScoring(asked);
  return undefined;
}

interface Asked {
  readonly description: Description;
  readonly experiment: LanguageExperiment;
  readonly materials: LanguageMaterials;
}

function estimateSampling({ description, experiment, materials }: Asked): StageOutside | undefined {
  const { split, draws, maxTokens } = description.parameters as unknown as SampleParameters;
  const { rowCount } = materials.dataset[split];
  const endpoint = findModelEndpoint(description, experiment);
  const { script } = experiment.language;
  if (draws === null) return estimateAccepting({ description, experiment, materials }, maxTokens);
  if (endpoint === undefined) {
    if (script === null) return undefined;
    // A prompt is a call, whatever the number of its draws.
    const tokens = rowCount * draws * Math.min(script.words, maxTokens);
    return { calls: rowCount, tokens, usd: rowCount * script.price, rows: rowCount * draws, isOpenEnded: false };
  }
  const calls = endpoint.draws === "n" ? rowCount : rowCount * draws;
  const sent = priceCalls(endpoint, {
    calls,
    promptTokens: calls * estimatePrompt(materials, split),
    completionTokens: rowCount * draws * maxTokens,
    way: endpoint.mode,
  });
  return { ...sent, rows: rowCount * draws, isOpenEnded: false };
}

/** Each candidate is a call of its own; how many there will be nobody knows, but never more than the arm allows. */
function estimateAccepting({ description, experiment, materials }: Asked, maxTokens: number): StageOutside | undefined {
  const endpoint = findModelEndpoint(description, experiment);
  const { script, prompt } = experiment.language;
  const { candidates: calls = 0, rows = 0 } = findSettings(description, experiment)?.sample.accept ?? {};
  const promptTokens = prompt === "none" ? 0 : calls * estimatePrompt(materials, "train");
  const accepting = { rows, isOpenEnded: true };
  const sent = { calls, promptTokens, completionTokens: calls * maxTokens };
  if (endpoint) return { ...priceCalls(endpoint, { ...sent, way: endpoint.mode }), ...accepting };
  if (script === null) return undefined;
  // A dialogue has a word more than was asked for on each of its two lines.
  return { calls, tokens: calls * (Math.min(script.words, maxTokens) + 2), usd: calls * script.price, ...accepting };
}

function findSettings({ turn }: Description, { arms }: LanguageExperiment): LanguageSettings | undefined {
  return arms.find(({ id }) => id === turn.arm.id)?.settings;
}

interface SampleParameters {
  readonly split: Split;
  /** null: until enough are accepted. */
  readonly draws: number | null;
  readonly maxTokens: number;
}

interface Asking {
  readonly mode?: string;
  readonly maxTokens?: number;
  readonly canaries?: { readonly count: number } | null;
}

/** A verifier behind an endpoint says so in its parameters: a call a candidate, two where its order is swapped. */
function estimateVerifying({ description, experiment, materials }: Asked): StageOutside | undefined {
  const { verifier = {} } = description.parameters as { verifier?: Asking };
  const endpoint = findVerifierEndpoint(description, experiment);
  if (endpoint === undefined) return undefined;
  const settings = findSettings(description, experiment);
  const { rowCount } = materials.dataset.train;
  const candidates = settings?.sample.accept?.candidates ?? rowCount * (settings?.sample.candidates ?? 1);
  const textCount = verifier.mode === "pairwise" ? 2 : 1;
  const calls = textCount * (candidates + Math.min(verifier.canaries?.count ?? 0, candidates));
  const written = textCount * (settings?.sample.maxTokens ?? 0);
  const question = verifier.mode === undefined ? 0 : questionTokens;
  const sent = priceCalls(endpoint, {
    calls,
    promptTokens: calls * (estimatePrompt(materials, "train") + written + question),
    // A judge writes a verdict, a scorer nothing.
    completionTokens: calls * (verifier.maxTokens ?? 1),
  });
  return { ...sent, rows: candidates, isOpenEnded: false };
}

/** A judge's question without the texts in it, that of the package. */
const questionTokens = 300;

/** The loss of a model behind an endpoint: a call a test row. */
function estimateScoring({ description, experiment, materials }: Asked): StageOutside | undefined {
  const endpoint = findModelEndpoint(description, experiment);
  const { basis } = description.parameters as { basis?: string };
  if (endpoint === undefined || basis !== "gold") return undefined;
  const calls = materials.dataset.test.rowCount;
  const promptTokens = calls * estimatePrompt(materials, "test");
  return { ...priceCalls(endpoint, { calls, promptTokens, completionTokens: 0 }), rows: calls, isOpenEnded: false };
}

/** English takes about four characters a token; other scripts take fewer, so three and a half. */
const charactersPerToken = 3.5;

function estimatePrompt({ dataset }: LanguageMaterials, split: Split): number {
  const { rowCount, articleCharacters = 0 } = dataset[split];
  return rowCount === 0 ? 0 : articleCharacters / rowCount / charactersPerToken;
}

interface Calls {
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** live unless told: only draws go in batches. */
  readonly way?: DeclaredEndpoint["mode"];
}

function priceCalls(endpoint: DeclaredEndpoint, { calls, promptTokens, completionTokens, way }: Calls): Outside {
  const price = resolvePrice(endpoint, way);
  const usd = computeUsd({ ...price, request: calls * price.request }, promptTokens, completionTokens);
  return { calls, tokens: Math.round(promptTokens + completionTokens), usd };
}
