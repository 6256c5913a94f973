// Who may be under way to one server: so many at once, and a line of those who wait, first come, first served.
// A turn is taken and given back on the spot: nothing is created for a request that finds room.

export interface Turns {
  readonly activeCount: number;
  readonly waitingCount: number;
  /** Whoever takes one now stands in line for it. */
  readonly isFull: boolean;
  /** True once it is this one's turn; false where the line was dissolved before. Whoever took a turn gives it back. */
  take(): boolean | Promise<boolean>;
  giveBack(): void;
  /** How many there are; those beyond it are let finish. */
  resize(size: number): void;
  /** The first in line is sent away. */
  sendAway(): void;
  /** Whoever stands in line is sent away. */
  dissolve(): void;
}

/** `onRoom` is called when there is a turn and nobody in line for it. */
export function createTurns(firstSize: number, onRoom?: () => void): Turns {
  const line: ((mayGo: boolean) => void)[] = [];
  let [size, activeCount] = [firstSize, 0];
  const advance = (): void => {
    while (activeCount < size && line.length > 0) {
      activeCount += 1;
      line.shift()!(true);
    }
    if (onRoom && activeCount < size) onRoom();
  };
  return {
    get activeCount() {
      return activeCount;
    },
    get waitingCount() {
      return line.length;
    },
    get isFull() {
      return activeCount >= size;
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
    sendAway() {
      line.shift()?.(false);
    },
    dissolve() {
      for (const leave of line.splice(0)) leave(false);
    },
  };
}
