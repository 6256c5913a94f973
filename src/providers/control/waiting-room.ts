// Where requests wait for a moment or for a change: one timer and one promise for all of them, so that a thousand that
// wait for an hour cost nothing. Who is woken looks again for itself.

import type { Time } from "./time.ts";

export interface WaitingRoom {
  /** Resolves at that moment, or earlier: whenever the room is opened or another's moment has come. */
  wait(untilMs: number): Promise<void>;
  /** Wakes all. */
  open(): void;
  /** Opens when the signal is aborted. */
  watch(signal: AbortSignal): void;
}

export function createWaitingRoom(time: Time): WaitingRoom {
  const watched = new WeakSet<AbortSignal>();
  let waiting: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  let [dueMs, cancel] = [Number.POSITIVE_INFINITY, (): void => undefined];

  const open = (): void => {
    cancel();
    dueMs = Number.POSITIVE_INFINITY;
    const all = waiting;
    waiting = undefined;
    all?.resolve();
  };
  return {
    open,
    wait(untilMs) {
      waiting ??= Promise.withResolvers<void>();
      if (untilMs < dueMs) {
        cancel();
        dueMs = untilMs;
        cancel = time.schedule(Math.max(0, untilMs - time.monotonic()), open);
      }
      return waiting.promise;
    },
    watch(signal) {
      if (watched.has(signal)) return;
      watched.add(signal);
      signal.addEventListener("abort", open, { once: true });
    },
  };
}
