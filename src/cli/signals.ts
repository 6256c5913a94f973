// The signals by which a process is asked to stop. The first one asks to drain, the second one ends the process at once,
// with the guarantees of a kill: nothing is written here that a kill would have lost.

import { CancelledError } from "../errors.ts";

export interface SignalOptions {
  /** Aborted by the first signal, with a CancelledError. */
  readonly stop: AbortController;
  /** Tells the user what happens; null for a verb that has nothing to drain. */
  readonly say: ((text: string) => void) | null;
  readonly monotonic: () => number;
  /** How long work on its way is waited for, milliseconds. */
  readonly drainMs?: number;
}

const defaultDrainMs = 30_000;

/** Ctrl-C reaches every process of a terminal, and npm hands its own on to us: within this time, milliseconds, it is one. */
export const repeatMs = 250;

/** A terminal that is closed sends SIGHUP: the run stops as at SIGTERM. */
const names = { SIGINT: "Ctrl-C", SIGTERM: "SIGTERM", SIGHUP: "the terminal is gone" } as const;

/** Listens until the function it returns is called. */
export function watchSignals(host: NodeJS.Process, options: SignalOptions): () => void {
  const { stop, say, monotonic, drainMs = defaultDrainMs } = options;
  let deadline: NodeJS.Timeout | undefined;
  let firstMs = 0;

  const start = (signal: keyof typeof names, error: CancelledError): void => {
    firstMs = monotonic();
    const seconds = Math.ceil(drainMs / 1000);
    say?.(
      `\n${names[signal]}: stopping; what is committed is kept, calls on their way are waited for, ${seconds} s at most. Once more stops at once.\n`,
    );
    deadline = setTimeout(() => {
      say?.(`not at rest after ${seconds} s: stopped at once; what is committed is kept\n`);
      host.exit(error.exitCode);
    }, drainMs);
    // It ends a process that does not end by itself, and keeps none alive.
    deadline.unref();
    stop.abort(error);
  };

  const listeners = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) => {
    const listener = (): void => {
      const error = new CancelledError(say ? undefined : "interrupted", signal === "SIGINT" ? "SIGINT" : "SIGTERM");
      if (!stop.signal.aborted) start(signal, error);
      // A terminal is gone once, however many tell so: the shell, its session, its group.
      else if (signal !== "SIGHUP" && monotonic() - firstMs >= repeatMs) host.exit(error.exitCode);
    };
    host.on(signal, listener);
    return () => host.off(signal, listener);
  });
  return () => {
    clearTimeout(deadline);
    for (const off of listeners) off();
  };
}
