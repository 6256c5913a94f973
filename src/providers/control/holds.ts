// Who holds something of a run's budget, sent or about to be, at whichever endpoint: it may give back what it does not use.
// How much that is, and what the budget holds, the ledger knows.

export interface Holds {
  /** A request is intended. */
  add(): void;
  /** It has ended, or will not be sent. */
  release(nowMs: number): void;
  /** Nothing is held, and what was held last has been given back by now. */
  areOver(nowMs: number): boolean;
}

/** An answer's rows are on the disk by then, and what was reserved beyond its price is free again. */
const commitMs = 1000;

export function createHolds(): Holds {
  let [count, lastEndMs] = [0, Number.NEGATIVE_INFINITY];
  return {
    add() {
      count += 1;
    },
    release(nowMs) {
      count -= 1;
      lastEndMs = nowMs;
    },
    areOver: (nowMs) => count === 0 && nowMs - lastEndMs > commitMs,
  };
}
