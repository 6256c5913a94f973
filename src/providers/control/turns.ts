// Who may be under way to one server: so many at once, and a line of those who wait, first come, first served.
// A turn is taken and given back on the spot: nothing is created for a request that finds room.

export interface Turns {
  readonly activeCount: number;
  readonly waitingCount: number;
  /** True once it is this one's turn; false where the line was dissolved before. Whoever took a turn gives it back. */
  take(): boolean | Promise<boolean>;
  giveBack(): void;
  /** How many there are; those beyond it are let finish. */
  resize(size: number): void;
  /** Whoever stands in line is sent away. */
  dissolve(): void;
}

export function createTurns(firstSize: number): Turns {
  const line: ((mayGo: boolean) => void)[] = [];
  let [size, activeCount] = [firstSize, 0];
  const advance = (): void => {
    while (activeCount < size && line.length > 0) {
      activeCount += 1;
      line.shift()!(true);
    }
  };
  return {
    get activeCount() {
      return activeCount;
    },
    get waitingCount() {
      return line.length;
    },
    take() {
      if (activeCount >= size) return new Promise((resolve) => void line.push(resolve));
      activeCount += 1;
      return true;
    },
    giveBack() {
      activeCount -= 1;
      advance();
    },
    resize(next) {
      size = next;
      advance();
    },
    dissolve() {
      for (const leave of line.splice(0)) leave(false);
    },
  };
}
