// What the outside world is to the command line: streams, arguments' folder, signals and clock, handed down and never reached for.

import type { Clock } from "../domain/context.ts";

export interface Environment {
  readonly stdout: Output;
  readonly stderr: Output;
  /** The folder relative paths on the command line are taken from. */
  readonly cwd: string;
  /** The process environment as a record; keys of vendors come from here alone. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Aborted at the first SIGINT, SIGTERM or SIGHUP; its reason is a CancelledError. */
  readonly signal: AbortSignal;
  /** What `process.argv` would start again with: shown when a run is interrupted. */
  readonly command: string;
  /** The command line as it was given: who waits for a run's lock is told. */
  readonly invocation: string;
  /** The process id, for the note beside a lock. */
  readonly pid: number;
  /** Sets the exit code where a verb ends without an error and yet not with 0. */
  exit(code: number): void;
}

export interface Output {
  write(text: string): void;
  /** A terminal that understands cursor movement; its width in columns. */
  readonly columns: number | undefined;
  readonly color: boolean;
}
