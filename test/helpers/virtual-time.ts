// Time that stands still until nothing else is left to do, and then goes on to the next timer.

import { setImmediate } from "node:timers/promises";
import type { Time } from "../../src/providers/control/time.ts";

export interface VirtualTime extends Time {
  /** Resolves after so many virtual milliseconds. */
  sleep(ms: number): Promise<void>;
  /** Lets virtual time pass until the work is done; whoever waits for ever is told so. */
  run<Result>(work: Promise<Result>): Promise<Result>;
  /** Timers that have gone off. */
  readonly wakeCount: number;
}

export function createVirtualTime(): VirtualTime {
  const timers = new Set<{ readonly dueMs: number; readonly wake: () => void }>();
  let [nowMs, wakeCount] = [0, 0];
  const schedule = (ms: number, wake: () => void): (() => void) => {
    const timer = { dueMs: nowMs + ms, wake };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  return {
    monotonic: () => nowMs,
    schedule,
    sleep: (ms) => new Promise((resolve) => schedule(ms, resolve)),
    get wakeCount() {
      return wakeCount;
    },
    async run(work) {
      let isDone = false;
      const end = (): void => {
        isDone = true;
      };
      work.then(end, end);
      for (let idle = 0; !isDone; ) {
        // Twice: what one turn of the event loop has set going shows in the next.
        for (let turn = 0; turn < 2; turn++) await setImmediate();
        // What is still to go off then is nobody's that waits.
        if (isDone) break;
        const dueMs = Math.min(...[...timers].map((timer) => timer.dueMs));
        idle = Number.isFinite(dueMs) ? 0 : idle + 1;
        if (idle > 1000) throw new Error("the work waits and nothing is left to wake it");
        nowMs = Math.max(nowMs, Number.isFinite(dueMs) ? dueMs : nowMs);
        for (const timer of [...timers]) {
          if (timer.dueMs > nowMs) continue;
          timers.delete(timer);
          wakeCount += 1;
          timer.wake();
        }
      }
      return work;
    },
  };
}
