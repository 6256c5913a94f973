// What an endpoint was found to be: what it lists, what it heeds, how its scores of given texts were proved, and the
// fingerprint of the model behind it. Kept in the run, and held against what is found in a later process.

import type { Json } from "../../keys/canonical.ts";
import { computeKey } from "../../keys/digest.ts";
import type { Agreement } from "../given/verdict.ts";
import type { LogProbabilityShape } from "../openai/body.ts";

export interface Evidence {
  readonly version: 1;
  /** The model it was asked for. */
  readonly model: string;
  /** What its list names; null where it has none. */
  readonly listed: readonly ListedModel[] | null;
  readonly abilities: Abilities;
  readonly given: GivenEvidence;
  /** Whether it tells why its texts end; null where no text showed it. Absent in evidence of older runs. */
  readonly hasFinish?: boolean | null;
  /** How it took a question like a judge's. Absent where nothing judges there, and in evidence of older runs. */
  readonly verdict?: VerdictEvidence;
  /** By which names it answered. Absent where it told none, and in evidence of older runs. */
  readonly names?: readonly string[];
  readonly fingerprint: Fingerprint;
  /** Of the models that were asked for by this endpoint's name before, each by the name it had. */
  readonly former?: readonly NamedFingerprint[];
  /** Requests it took to find out. */
  readonly requestCount: number;
}

export interface ListedModel {
  readonly id: string;
  /** What refeed serve names every model by, whatever else it is called; the id elsewhere. */
  readonly lineage: string;
  /** SHA-256 of the model, where the server tells it. */
  readonly digest: string | null;
  /** What calls itself its owner, which names the server. */
  readonly owner: string | null;
}

/** null where it was not found out. */
export interface Abilities {
  /** Several different draws in one reply. */
  readonly n: boolean | null;
  /** The largest request for draws. Absent where nothing was drawn, and in evidence of older runs. */
  readonly several?: SeveralDraws;
  /** The same draws for the same seed. */
  readonly seed: boolean | null;
  readonly stop: boolean | null;
  /** Log-probabilities of what it writes, by the route that is sampled. */
  readonly logProbabilities: boolean | null;
  readonly chat: boolean | null;
  readonly completions: boolean | null;
  /** How it takes to be asked for them there. */
  readonly dialect: LogProbabilityShape;
}

export interface SeveralDraws {
  readonly asked: number;
  /** Different ones; null where the request was refused. */
  readonly came: number | null;
  /** In its words. */
  readonly reason?: string;
}

export type GivenEvidence =
  | { readonly kind: "proved"; readonly way: string; readonly agreement: Agreement }
  /** It cannot be relied on, and why. */
  | { readonly kind: "refused"; readonly reason: string }
  /** Nothing will ask it for them, so nobody found out. */
  | { readonly kind: "unasked" };

export type VerdictEvidence =
  /** `isObject`: the answer was one JSON object and nothing else. */
  | { readonly kind: "taken"; readonly isObject: boolean }
  | { readonly kind: "refused"; readonly reason: string; readonly param: string | null }
  /** No request was left to find it out with. */
  | { readonly kind: "unasked" };

export interface Canary {
  readonly prompt: string;
  readonly text: string;
  /** Whether the same request brought the same text twice; asked only where no log-probabilities were told. */
  readonly isSteady: boolean;
  /** null where no log-probabilities were told: then the text alone is the fingerprint. */
  readonly tokens: readonly string[] | null;
  readonly terms: readonly number[] | null;
}

export type Fingerprint =
  /** `isPlain`: by the route that is sampled and judges, and not, where that is another, by the one that scores given texts. */
  | { readonly kind: "canaries"; readonly canaries: readonly Canary[]; readonly isPlain?: true }
  /** It serves this run's own models, each told by the digest in its list. */
  | { readonly kind: "digests" };

export const renderEvidence = (evidence: Evidence): Json => evidence as unknown as Json;

export interface NamedFingerprint {
  readonly model: string;
  readonly fingerprint: Fingerprint;
}

/** One digest of all that its model is told by. */
export const computeFingerprint = ({ fingerprint }: Evidence): string => computeKey(fingerprint as unknown as Json);

/** What the store gives back is what was written: it keeps its digest. Another version is none. */
export function parseEvidence(value: Json | undefined): Evidence | undefined {
  const evidence = value as unknown as Evidence | undefined;
  return evidence?.version === 1 ? evidence : undefined;
}
