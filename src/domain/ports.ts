// The ports a model provider, a trainer or a verifier fits. The embedded model is one provider among others.
// Streams in, streams out: nothing here may hold all rows at once, and order of arrival carries no meaning.

import type { Json } from "../keys/canonical.ts";
import type { Context } from "./context.ts";
import type { Candidate, Example, Prompt, Score, StoredCandidate } from "./rows.ts";

/** A reference to a trained model; its identity is its lineage, never a name or a path. */
export interface Model {
  /** The key of the train stage that made it, or `base:<digest>` for a base model. */
  readonly lineage: string;
  /** Where its parameters lie now; no part of its identity. */
  readonly file: string;
  /** SHA-256 of that file. */
  readonly digest: string;
}

export interface SampleRequest {
  readonly model: Model;
  /** Draws a prompt, at least 1. */
  readonly draws: number;
  /** 0 is greedy. */
  readonly temperature: number;
  /** Nucleus mass in (0, 1], null for none. */
  readonly topP: number | null;
  /** Kept tokens, at least 1, null for none. */
  readonly topK: number | null;
  readonly maxTokens: number;
  /** Texts that end a completion and are not part of it; left out for none. */
  readonly stop?: readonly string[];
  /** Draw d of prompt p is seeded by computeSeed(seed, p.id, d). */
  readonly seed: string;
  readonly promptCount: number;
}

export interface Sampler {
  /** Raised when the same request would give other candidates; a part of every sample stage's key. */
  readonly version: number;
  /** It heeds the seeds that a prompt may bring; one that does not say so is never given any. */
  readonly drawsBySeeds?: true;
  /**
   * Samples request.draws candidates for every prompt, in any order; each exactly once.
   * `context.ledger.intend` is awaited before the work of an attempt begins.
   * Throws ProviderError for a request it cannot serve, CancelledError when the signal is aborted.
   */
  sample(prompts: AsyncIterable<Prompt>, request: SampleRequest, context: Context): AsyncIterable<Candidate>;
}

export interface LogProbability {
  readonly id: string;
  /** Sum of ln p over the completion's tokens, end token included; null where unscorable. */
  readonly sum: number | null;
  readonly tokenCount: number;
  readonly tokens: Float64Array | null;
  readonly reason: string | null;
}

export interface ScoreRequest {
  readonly model: Model;
  readonly exampleCount: number;
}

export interface Scorer {
  readonly version: number;
  /** The log-probability of each given completion under the model, each exactly once, in input order. */
  score(examples: AsyncIterable<Example>, request: ScoreRequest, context: Context): AsyncIterable<LogProbability>;
}

export interface TrainRequest {
  /** The model to start from; null starts from the base model. */
  readonly start: Model | null;
  /** The trainer's own parameters, validated by it: validateParams. */
  readonly params: Json;
  readonly seed: string;
  readonly exampleCount: number;
  /** Where the trained parameters are to be written; the folder exists, the file does not. */
  readonly file: string;
}

export interface TrainResult {
  readonly rows: number;
  readonly steps: number;
  /** Tokens the loss was taken over, all epochs. */
  readonly tokens: number;
  /** Mean training loss over the last tenth of the steps, nats a token. */
  readonly loss: number;
  /** What of the rows did not fit the model, counted by what it was; absent where the trainer cannot tell. */
  readonly losses?: Readonly<Record<string, number>>;
}

/** A fine-tune job, in process or elsewhere. */
export interface Job {
  poll(): Promise<"running" | "done" | "failed">;
  cancel(): Promise<void>;
  /** Resolves when the file is written and synced; rejects with TrainerError or CancelledError. */
  result(): Promise<TrainResult>;
}

export interface Trainer {
  readonly version: number;
  /** The digest of the base model it starts from; a part of every train stage's key. */
  readonly base: string;
  /** Examples come in the order they are to be trained on. */
  train(examples: AsyncIterable<Example>, request: TrainRequest, context: Context): Promise<Job>;
}

export interface Verifier {
  readonly version: number;
  /** prompt: a score depends on the other candidates of the prompt, so they come together or not at all. */
  readonly grain?: "candidate" | "prompt";
  /** The score of each candidate, each exactly once, in input order. */
  verify(candidates: AsyncIterable<StoredCandidate>, request: VerifyRequest, context: Context): AsyncIterable<Score>;
}

export interface VerifyRequest {
  /** The model the verifier scores under, where its kind needs one: the generator for self, the auxiliary for weak. */
  readonly model: Model | null;
  readonly candidateCount: number;
  /** Seeds what is random in it. */
  readonly seed: string;
}
