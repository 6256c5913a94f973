// What every performer is handed: cancellation, time, the ledger and a place to report progress.

export interface Clock {
  /** Milliseconds since 1970, for records only. */
  now(): number;
  /** Milliseconds on a clock that never steps back, for durations. */
  monotonic(): number;
}

/** The write-ahead record of what is about to be sent or computed. */
export interface Ledger {
  /** Resolves once the intent is on disk. Awaited before the work begins. */
  intend(attempt: AttemptIntent): Promise<void>;
}

export interface AttemptIntent {
  /** Unique within its stage. */
  readonly key: string;
  /** How many rows this attempt will yield; it is closed, in one transaction with them, when all have come. */
  readonly rowCount: number;
  /** True where it leaves the process and may cost money. */
  readonly isOutside: boolean;
}

export interface Progress {
  /** Rows or steps done of a total, both counted from 0. */
  report(doneCount: number, totalCount: number): void;
}

export interface Context {
  /** The key of the stage at work. */
  readonly key: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly progress: Progress;
}
