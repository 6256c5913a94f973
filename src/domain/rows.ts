// The rows that travel between stages of a language experiment. Text is always a string, never tokens.

/** A row of an external dataset. `id` is unique within its dataset. */
export interface Row {
  readonly id: string;
  readonly article: string;
  readonly summary: string;
}

export type Split = "train" | "test";

export interface Prompt {
  readonly id: string;
  readonly text: string;
  /** The seed of each of its draws, in place of what its id and the request's seed derive: for samplers that draw by seeds. */
  readonly seeds?: readonly Uint32Array[];
  /**
   * The draws that are wanted, ascending; left out where all are. Met by who buys draws one by one, and by who is drawn
   * from until enough is accepted: then a prompt comes again for each of its draws.
   */
  readonly draws?: readonly number[];
}

/** A prompt with the completion a model is trained on or scored for. */
export interface Example {
  readonly id: string;
  readonly prompt: string;
  readonly completion: string;
}

/** Why a candidate is not a normal answer; null where it is one. */
export type CandidateReason = null | "refused" | "truncated" | "unparsable" | "empty" | "marker";

/** One sampled item for a prompt. A refused or truncated one is a row all the same. */
export interface Candidate {
  readonly promptId: string;
  /** 0-based index among the draws of this prompt. */
  readonly draw: number;
  readonly completion: string;
  /** The article that it wrote itself and goes with its completion; left out where that is the prompt's. */
  readonly article?: string;
  readonly finish: "stop" | "length" | "refused";
  readonly reason: CandidateReason;
  /** Sum of ln p over the completion's tokens, end token included when produced, at temperature 1 before truncation. */
  readonly logProbability: number | null;
  readonly tokenCount: number;
  /** The terms of that sum, in order. */
  readonly tokenLogProbabilities: Float64Array | null;
  /** The key of the attempt that bought it. */
  readonly attempt: string;
}

/** A verifier's verdict; `score` is null where the candidate cannot be scored, with the reason. Higher is better. */
export interface Score {
  readonly id: number;
  readonly score: number | null;
  readonly reason: string | null;
}

/** A candidate as it is read back from the run, joined with its prompt's row. */
export interface StoredCandidate {
  /** Position in plan order within its sample stage: prompt by prompt, or round by round (CandidateBatch.draws). */
  readonly id: number;
  readonly promptIndex: number;
  /** Its prompt's; with the candidate's own article, where it has one, and then without a reference. */
  readonly row: Row;
  readonly candidate: Candidate;
}
