// What every performer is handed: cancellation, time, the ledger and a place to report progress.

import type { Json } from "../keys/canonical.ts";

export interface Clock {
  /** Milliseconds since 1970, for records only. */
  now(): number;
  /** Milliseconds on a clock that never steps back, for durations. */
  monotonic(): number;
}

/** The write-ahead record of what is about to be sent or computed. */
export interface Ledger {
  /**
   * Resolves once the intent is on disk. Awaited before the work begins; awaited again before it is begun again.
   * Throws BudgetError where what it may cost does not fit into what is left: nothing is intended then.
   */
  intend(attempt: AttemptIntent): Promise<void>;
  /** Records how an open attempt ended that brought no rows; resolves once that is on disk. One that is closed stays as it is. */
  settle(key: string, end: AttemptEnd): Promise<void>;
  /**
   * What an open attempt used, known once it is answered. Kept in memory and committed with the rows that close it,
   * in place of what was reserved.
   */
  account(key: string, usage: Usage): void;
  /** Closes an attempt whose answer is no row of its own: answer, usage and end in one transaction. */
  record(key: string, answer: Json): Promise<void>;
  /** What was recorded for an attempt of this stage, by this process or an earlier one; undefined where nothing was. */
  recall(key: string): Json | undefined;
}

/** What one answered sending used. */
export interface Usage {
  /** The server that answered; no part of any key. */
  readonly url: string;
  /** As the server counted; null where it does not say. */
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  /** US dollars, by the price in force. */
  readonly usd: number;
}

export interface AttemptEnd {
  /**
   * `retryable`: certainly not billed, may be sent again. `failed`: refused for good.
   * `unknown`: sent, and nobody knows whether it was billed; sent again, it may be paid twice.
   */
  readonly state: "retryable" | "failed" | "unknown";
  readonly reason: string;
  /** It never left: no budget of requests has it. */
  readonly isUnsent?: true;
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
  /** Tokens one sending uses at most, prompt and completion; 0 unless given. */
  readonly tokenCount?: number;
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

/** What may leave the process, over a whole run. */
export interface Budget {
  /** US dollars. null: no cap. */
  readonly usd: number | null;
  readonly requests: number | null;
  /** Of prompts and completions. */
  readonly tokens: number | null;
}

/** Dollars, requests and tokens: what a budget caps, and what is told of it. */
export interface Amount {
  readonly usd: number;
  readonly requests: number;
  readonly tokens: number;
}

/** What left the process over a whole run: each request stands in one of the three, and against a budget all of them count. */
export interface Spending {
  /** As it is known from answers; a request that was turned away is one that cost nothing. */
  readonly spent: Amount;
  /** What the requests under way may cost at most. */
  readonly reserved: Amount;
  /** What was sent and never answered, because its process died or the answer was lost, has cost at most. */
  readonly possiblyPaid: Amount;
}

/** Requests of one stage that were answered, by whichever process, and what they cost. */
export interface Answered {
  readonly calls: number;
  readonly usd: number;
}

export const noBudget: Budget = { usd: null, requests: null, tokens: null };

/** For whoever answers or asks outside of any run: it takes everything and keeps nothing. */
export const noLedger: Ledger = {
  intend: async () => undefined,
  settle: async () => undefined,
  account: () => undefined,
  record: async () => undefined,
  recall: () => undefined,
};
