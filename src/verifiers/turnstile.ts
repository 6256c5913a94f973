// Lets so many in and no more until somebody leaves: what keeps a stream of work from running ahead of its answers.

export interface Turnstile {
  /** Resolves when there is room. */
  enter(): Promise<void>;
  leave(): void;
  /** Nobody waits any longer. */
  open(): void;
}

export function createTurnstile(limit: number): Turnstile {
  const waiting: (() => void)[] = [];
  let [inside, isOpen] = [0, false];
  return {
    async enter() {
      if (inside >= limit && !isOpen) await new Promise<void>((resolve) => waiting.push(resolve));
      else inside += 1;
    },
    leave() {
      const next = waiting.shift();
      // Whoever waited longest takes the place.
      if (next) next();
      else inside -= 1;
    },
    open() {
      isOpen = true;
      for (const next of waiting.splice(0)) next();
    },
  };
}
