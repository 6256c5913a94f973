// Time as the controller needs it: a clock that never steps back, and a call later. Tests hand in one they turn themselves.

import type { Clock } from "../../domain/context.ts";

export interface Time {
  monotonic(): number;
  /** Calls `wake` once, not before `ms` have passed; never where the function it returns is called first. */
  schedule(ms: number, wake: () => void): () => void;
}

/** Timers take 31 bits; who waits longer looks again. */
const longestMs = 2 ** 31 - 1;

export function createTime({ monotonic }: Pick<Clock, "monotonic">): Time {
  return {
    monotonic,
    schedule(ms, wake) {
      const timer = setTimeout(wake, Math.min(Math.ceil(ms), longestMs));
      return () => clearTimeout(timer);
    },
  };
}
