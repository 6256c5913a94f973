// What every performer is handed: cancellation, time, the ledger and a place to report progress.

export interface Clock {
  /** Milliseconds since 1970, for records only. */
  now(): number;
  /** Milliseconds on a clock that never steps back, for durations. */
  monotonic(): number;
}

/** The write-ahead record of what is about to be sent or computed. */
export interface Ledger {
  /** Resolves once the intent is on disk. Awaited before the work begins; awaited again before it is begun again. */
  intend(attempt: AttemptIntent): Promise<void>;
  /** Records how an open attempt ended that brought no rows; resolves once that is on disk. One that is closed stays as it is. */
  settle(key: string, end: AttemptEnd): Promise<void>;
}

export interface AttemptEnd {
  /**
   * `retryable`: certainly not billed, may be sent again. `failed`: refused for good.
   * `unknown`: sent, and nobody knows whether it was billed; sent again, it may be paid twice.
   */
  readonly state: "retryable" | "failed" | "unknown";
  readonly reason: string;
}

export interface AttemptIntent {
  /** Unique within its stage. */
  readonly key: string;
  /** How many rows this attempt will yield; it is closed, in one transaction with them, when all have come. */
  readonly rowCount: number;
  /** True where it leaves the process and may cost money. */
  readonly isOutside: boolean;
  /** What one sending of it costs at most, US dollars; 0 unless given. */
  readonly costUsd?: number;
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
