// How many requests one server is asked at once: one more for every round that went well, half as many when it turns
// requests away, and fewer when it only makes them wait. It counts and measures; it sends nothing.
// The increase is Jacobson's (1988): doubling a round until the first setback, then by one.

export interface AdaptiveWindow {
  /** At least 1. */
  readonly size: number;
  /** One was answered; `isFull` where others wait for a place, `mayGrow` is asked before the window is made larger. */
  answer(answer: { readonly nowMs: number; readonly latencyMs: number; readonly isFull: boolean }): void;
  /** One that was sent at that time was turned away. */
  shrink(sentMs: number, nowMs: number): void;
  /** The server is gone: one request will find out whether it is back. */
  collapse(nowMs: number): void;
  /** One place goes to another server. */
  yieldPlace(): void;
}

/** Latency at which more requests only wait longer, by the least of late, where they are not answered faster either. */
const tolerance = 3;
const fewestOfRound = 16;
/** Rounds over which the least latency is taken: what a server does changes with what it is asked. */
const rememberedRounds = 8;

export function createWindow(first: number, mayGrow: () => boolean): AdaptiveWindow {
  let size = Math.max(1, first);
  let isDoubling = true;
  let setbackMs = Number.NEGATIVE_INFINITY;
  let round = { startMs: Number.NaN, count: 0, sumMs: 0 };
  let last = { meanMs: 0, rate: 0, isEased: false };
  let means: readonly number[] = [];

  /** At the end of a round: fewer at once, where the last ones were only made to wait. */
  const judgeRound = (nowMs: number): void => {
    const meanMs = round.sumMs / round.count;
    const rate = round.count / Math.max(1e-3, nowMs - round.startMs);
    // Eased, and not a bit quicker: the server is slower for another reason, and that is its pace now.
    if (last.isEased && meanMs > 0.9 * last.meanMs) means = [];
    means = [...means.slice(1 - rememberedRounds), meanMs];
    const isEased = meanMs > tolerance * Math.min(...means) && rate < 1.05 * last.rate;
    if (isEased) {
      size = Math.max(1, size * 0.8);
      isDoubling = false;
    }
    last = { meanMs, rate, isEased };
    round = { startMs: nowMs, count: 0, sumMs: 0 };
  };

  return {
    get size() {
      return Math.floor(size);
    },
    answer({ nowMs, latencyMs, isFull }) {
      if (isFull) {
        const grown = size + (isDoubling ? 1 : 1 / size);
        if (Math.floor(grown) === Math.floor(size) || mayGrow()) size = grown;
      }
      if (round.count === 0 && Number.isNaN(round.startMs)) round.startMs = nowMs - latencyMs;
      round.count += 1;
      round.sumMs += latencyMs;
      if (round.count >= Math.max(size, fewestOfRound)) judgeRound(nowMs);
    },
    shrink(sentMs, nowMs) {
      // All that were sent before the last setback tell of the same one.
      if (sentMs < setbackMs) return;
      setbackMs = nowMs;
      isDoubling = false;
      size = Math.max(1, size / 2);
    },
    collapse(nowMs) {
      setbackMs = nowMs;
      isDoubling = true;
      size = 1;
    },
    yieldPlace() {
      size = Math.max(1, size - 1);
    },
  };
}
