// Every error that Refeed raises on purpose: what went wrong, where, and the step to take next.
// One subclass per boundary crossed; the exit codes are the one table of docs/cli.md.
// A candidate that is refused, truncated or unscorable is a recorded row with a reason, never one of these.

export type ErrorCode =
  | "config"
  | "usage"
  | "dataset"
  | "verifier"
  | "provider"
  | "trainer"
  | "launcher"
  | "budget"
  | "store"
  | "gate"
  | "cancelled"
  | "internal";

export const exitCodeByError: Readonly<Record<ErrorCode, number>> = {
  internal: 1,
  usage: 2,
  config: 2,
  dataset: 2,
  verifier: 3,
  provider: 3,
  trainer: 3,
  launcher: 3,
  budget: 4,
  store: 5,
  gate: 100,
  cancelled: 130,
};

export interface ErrorDetails {
  /** File, file:line:column, stage or flag the problem belongs to. */
  readonly where?: string | undefined;
  /** The step to take next, as an imperative sentence without a full stop. */
  readonly next?: string | undefined;
  readonly cause?: unknown;
}

export abstract class RefeedError extends Error {
  abstract readonly code: ErrorCode;
  readonly what: string;
  readonly where: string | undefined;
  readonly next: string | undefined;

  constructor(what: string, details: ErrorDetails = {}) {
    super(details.where ? `${details.where}: ${what}` : what, { cause: details.cause });
    this.name = new.target.name;
    this.what = what;
    this.where = details.where;
    this.next = details.next;
  }

  get exitCode(): number {
    return exitCodeByError[this.code];
  }
}

/** One problem of a configuration file; `where` is file:line:column. */
export interface Problem {
  readonly where: string;
  readonly what: string;
  readonly next?: string | undefined;
}

/** All problems of a configuration at once. */
export class ConfigError extends RefeedError {
  readonly code = "config";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const first = problems[0] ?? { where: "configuration", what: "is not valid" };
    super(first.what, { where: first.where, next: first.next });
    this.problems = problems;
  }
}

/** A verb, flag or argument that cannot be taken. */
export class UsageError extends RefeedError {
  readonly code = "usage";
}

export class DatasetError extends RefeedError {
  readonly code = "dataset";
}

export class VerifierError extends RefeedError {
  readonly code = "verifier";
}

export class ProviderError extends RefeedError {
  readonly code = "provider";
  /** What is to be said of several endpoints, a line each; empty where it is one. */
  readonly problems: readonly Problem[];

  constructor(
    what: string,
    { problems = [], ...details }: ErrorDetails & { readonly problems?: readonly Problem[] } = {},
  ) {
    super(what, details);
    this.problems = problems;
  }
}

export class TrainerError extends RefeedError {
  readonly code = "trainer";
}

export class LauncherError extends RefeedError {
  readonly code = "launcher";
}

export type BudgetUnit = "usd" | "requests" | "tokens";

interface BudgetErrorDetails extends ErrorDetails {
  readonly isFull?: boolean;
  readonly unit?: BudgetUnit | undefined;
}

export class BudgetError extends RefeedError {
  readonly code = "budget";
  /** Requests under way hold a part of it that they may give back: what did not fit may fit later. */
  readonly isFull: boolean;
  /** Which cap of the run's budget it is; undefined for any other. */
  readonly unit: BudgetUnit | undefined;

  constructor(what: string, details: BudgetErrorDetails = {}) {
    super(what, details);
    this.isFull = details.isFull ?? false;
    this.unit = details.unit;
  }
}

export class StoreError extends RefeedError {
  readonly code = "store";
}

export class GateError extends RefeedError {
  readonly code = "gate";
}

/** The run was asked to stop; its state is saved. `signal` decides between exit codes 130 and 143. */
export class CancelledError extends RefeedError {
  readonly code = "cancelled";
  readonly signal: "SIGINT" | "SIGTERM";

  constructor(what = "interrupted, state saved", signal: "SIGINT" | "SIGTERM" = "SIGINT") {
    super(what);
    this.signal = signal;
  }

  override get exitCode(): number {
    return this.signal === "SIGTERM" ? 143 : 130;
  }
}
