// The budget of repeats that we start ourselves: a tenth of what is asked. What a server asks us to repeat is not in it.
// Where it is used up the endpoint is slowed down; no request is given up for it.

export interface RetryBudget {
  /** A request is sent for the first time. */
  earn(): void;
  /** False where there is nothing left for a repeat. */
  take(): boolean;
}

const share = 0.1;

/** `most` repeats may be saved up, and stand there at the beginning. */
export function createRetryBudget(most: number): RetryBudget {
  let credit = most;
  return {
    earn() {
      credit = Math.min(most, credit + share);
    },
    take() {
      if (credit < 1) return false;
      credit -= 1;
      return true;
    },
  };
}
