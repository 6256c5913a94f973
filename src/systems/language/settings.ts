// What an arm of a language experiment fixes, and the parts a language system is put together from.
// The system itself knows neither which provider samples nor where rows are kept.

import type { ComputeParts, Policy } from "../../domain/corpus.ts";
import type { AttackLint } from "../../domain/lint.ts";
import type { TextMetric } from "../../domain/metric.ts";
import type { Sampler, Scorer, Trainer, Verifier } from "../../domain/ports.ts";
import type { Example, Row, Score, Split, StoredCandidate } from "../../domain/rows.ts";
import type { Select, Selection, SelectionReason } from "../../domain/selection.ts";
import type { Shelf } from "../../domain/shelf.ts";
import type { Json } from "../../keys/canonical.ts";

export interface Decoding {
  readonly temperature: number;
  readonly topP: number | null;
  readonly topK: number | null;
  readonly maxTokens: number;
  /** Texts that end a completion and are no part of it. */
  readonly stop: readonly string[];
}

/** What a text must be to become a row, and what becomes of it: its article stands between the two, its summary after. */
export interface TextForm {
  readonly begin: string;
  /** Stands in it exactly once; null where all that follows `begin` is the summary, of the prompt's article. */
  readonly part: string | null;
}

/** Candidates are drawn until so many rows are accepted, within a budget of candidates. */
export interface Accept extends TextForm {
  readonly rows: number;
  /** At most; no part of any key. */
  readonly candidates: number;
}

/**
 * What becomes of chat markers on the way into a corpus. keep: they are trained on as they stand. reject: candidates
 * that hold one are not kept. escape: they are kept with their markers broken. Real rows are never dropped: but under
 * keep, theirs are broken too.
 */
export type MarkerPolicy = "keep" | "reject" | "escape";

export interface LanguageSettings {
  /** Share of the train split that generation 0 is trained on, in (0, 1]. */
  readonly real: number;
  readonly start: "base" | "previous";
  /** A name of LanguageParts.teachers: the hosted model that generation 0 is, as it stands; null: it is trained. */
  readonly teacher: string | null;
  /** The trainer's parameters, and those of generation 0. */
  readonly params: Json;
  readonly firstParams: Json;
  readonly sample: Decoding & { readonly candidates: number; readonly accept?: Accept };
  readonly corpus: Policy;
  /** Names of LanguageParts.verifiers: the arm's own, null for none, and those that score beside it. */
  readonly verifier: string | null;
  readonly alsoScore: readonly string[];
  readonly selection: Selection;
  readonly markers: MarkerPolicy;
  readonly decode: Decoding;
  /** Names of LanguageParts.metrics. */
  readonly metrics: readonly string[];
}

/** A fixed model that a verifier scores under, trained beside the loop: one a seed. */
export interface AuxiliaryModel {
  readonly real: number;
  readonly params: Json;
}

export interface NamedVerifier {
  readonly verifier: Verifier;
  /** Everything that changes its scores beside candidates and model. */
  readonly parameters: Json;
  /** The model it scores under: an auxiliary one, or none beyond what the candidates carry. */
  readonly auxiliary: AuxiliaryModel | null;
  /** True where scores are drawn, so that the experiment's seed enters. */
  readonly isSeeded: boolean;
  /** What it is put to beside the candidates, where texts can talk to it; absent for any other. */
  readonly canaries?: Canaries;
}

/** Attacks on a verifier that reads: each is judged in the place of a candidate, and none is ever trained on. */
export interface Canaries {
  /** The candidates to judge beside those of a stage, numbered behind them; which of them are attacks. */
  plant(
    candidates: AsyncIterable<StoredCandidate>,
    stage: { readonly candidateCount: number; readonly seed: string },
  ): Promise<{ readonly planted: readonly StoredCandidate[]; isAttack(id: number): boolean }>;
  /** `scores` are the candidates', NaN where there is none. */
  compute(attacks: readonly Score[], scores: Float64Array): AttackLint;
}

export interface LanguageParts {
  readonly shelf: Shelf;
  readonly sampler: Sampler;
  readonly scorer: Scorer;
  readonly trainer: Trainer;
  readonly template: Template;
  /** What the models that are trained here write at most, whatever a teacher may; absent for no limit. */
  readonly mostTokens?: number;
  /** Where models are asked for texts without a prompt: how they meet rows; absent where the template says it. */
  readonly unprompted?: { readonly form: Form; readonly who: "teachers" | "all" };
  /** Hosted models that nothing trains, by name. */
  readonly teachers: Readonly<Record<string, Teacher>>;
  /** SHA-256 over the canonical rows of each split, and how many there are. */
  readonly dataset: Readonly<Record<Split, { readonly digest: string; readonly rowCount: number }>>;
  readonly verifiers: Readonly<Record<string, NamedVerifier>>;
  readonly metrics: Readonly<Record<string, TextMetric>>;
  readonly computeParts: ComputeParts;
  /** Draws a prompt under accumulate-doubling, so that a selection is as large as the pool before it. */
  readonly computeDraws: (request: DrawsRequest) => number;
  readonly select: Select;
  readonly reasons: readonly SelectionReason[];
}

/** A hosted model as it stands: what it is, and how it is asked. */
export interface Teacher {
  /** Everything that tells it from another model: its lineage is the key of the train stage that holds this. */
  readonly identity: Json;
  readonly sampler: Sampler;
  readonly scorer: Scorer;
  /** What stands between prompt and completion where it scores a given text: it changes the score, and not the model. */
  readonly join: string;
}

export interface DrawsRequest {
  readonly realCount: number;
  readonly promptCount: number;
  readonly generation: number;
  readonly selection: Selection;
}

/** How a model meets rows. */
export interface Form {
  /** Stands in the key of whatever is trained, asked or scored in it. */
  readonly digest: string;
  /** What it is asked. */
  ask(row: Pick<Row, "article">): string;
  /** What it is trained on. */
  createExample(row: Pick<Row, "article">, summary: string): Omit<Example, "id">;
  /** What of that is scored, and what stands before it. */
  createScored(row: Pick<Row, "article">, summary: string): Omit<Example, "id">;
}

/** A prompt template, compiled. */
export interface Template {
  readonly digest: string;
  render(row: Pick<Row, "article">): string;
}
