// What selection is asked and what it answers, in columns, so that a million candidates stay small.

export interface Selection {
  /** Best k draws of each prompt; null for all. */
  readonly best: number | null;
  /** Lowest score that survives; null for none. */
  readonly threshold: number | null;
  /** Share of the planned candidates that survives, with best of those best of each prompt, in (0, 1]; null for all. */
  readonly keep: number | null;
}

/** Candidates in plan order; the index into every column is the candidate's id. */
export interface SelectionColumns {
  /** NaN where unscorable or refused. All zeros under the verifier `none`. */
  readonly scores: Float64Array;
  readonly promptIndexes: Uint32Array;
  readonly promptCount: number;
  /** What a share without `best` is one of; the candidates unless given. */
  readonly plannedCount?: number;
  /** The sample stage's key: ties are broken by SHA-256 of (stage, id). */
  readonly stage: string;
}

export interface SelectionResult {
  /** Ids of the kept candidates, best first. */
  readonly kept: Uint32Array;
  /** Why each candidate was kept or not: an index into selectionReasons. */
  readonly reasons: Uint8Array;
}

/** Position in this list is the code in SelectionResult.reasons. */
export type SelectionReason = "kept" | "unscorable" | "not-best" | "below-threshold" | "below-rank";

export type Select = (columns: SelectionColumns, selection: Selection, signal: AbortSignal) => Promise<SelectionResult>;
