// Lets so many in and no more until somebody leaves: what keeps a stream of work from running ahead of its answers.

export interface Turnstile {
  /** Resolves when there is room. */
  enter(): Promise<void>;
  leave(): void;
  /** Nobody waits any longer. */
  open(): void;
}

export function createTurnstile(limit: number): Turnstile {
  let [inside, isOpen] = [0, false];
  let wake = (): void => undefined;
  return {
    async enter() {
      while (inside >= limit && !isOpen) await new Promise<void>((resolve) => (wake = resolve));
      inside += 1;
    },
    leave() {
      inside -= 1;
      wake();
    },
    open() {
      isOpen = true;
      wake();
    },
  };
}
