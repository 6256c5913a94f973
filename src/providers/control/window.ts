// How many requests one server is asked at once: one more for every round that went well, half as many when it turns
// requests away, and fewer when it only makes them wait. It counts and measures; it sends nothing.
// The increase is Jacobson's (1988): doubling a round until the first setback, then by one; only where it is used.

export interface AdaptiveWindow {
  /** At least 1. */
  readonly size: number;
  /** One was answered, while so many were under way. `mayGrow` is asked before a place is added. */
  answer(answer: { readonly nowMs: number; readonly latencyMs: number; readonly activeCount: number }): void;
  /** One that was sent at that time was turned away. */
  shrink(sentMs: number, nowMs: number): void;
  /** The server is gone: one request will find out whether it is back. */
  collapse(nowMs: number): void;
  /** One place goes to another server. */
  yieldPlace(): void;
}

/** Latency, by the least so far, from which on more requests only wait for longer, unless more are answered too. */
const tolerance = 3;
const fewestOfRound = 16;
/** Times the window is eased before latency has to have come down with it. */
const mostEasings = 3;
/** What doubling has to bring in answers a second to go on. */
const doublingGain = 1.2;

interface Round {
  readonly meanMs: number;
  readonly rate: number;
}

/** A window that stays as it is: for a server whose latency tells of other work than ours. */
export function createSteadyWindow(size: number): AdaptiveWindow {
  const still = (): void => undefined;
  return { size, answer: still, shrink: still, collapse: still, yieldPlace: still };
}

export function createWindow(first: number, mayGrow: () => boolean): AdaptiveWindow {
  let size = Math.max(1, first);
  let isDoubling = true;
  let setbackMs = Number.NEGATIVE_INFINITY;
  let open = { startMs: Number.NaN, size, count: 0, sumMs: 0, peak: 0 };
  let last: (Round & { readonly size: number }) | undefined;
  let leastMs = Number.POSITIVE_INFINITY;
  /** Mean latency before the window was eased, how often that was, and the rounds since. */
  let eased: { readonly meanMs: number; readonly times: number; rounds: number } | undefined;

  const ease = (meanMs: number, times: number): void => {
    size = Math.max(1, size * 0.8);
    isDoubling = false;
    eased = { meanMs, times, rounds: 0 };
  };
  const judge = (round: Round): void => {
    if (last && isDoubling && open.size > 1.5 * last.size && round.rate < doublingGain * last.rate) isDoubling = false;
    leastMs = Math.min(leastMs, round.meanMs);
    // The round after it still tells of requests that were sent before.
    if (eased && ++eased.rounds < 2) return;
    const before = eased;
    eased = undefined;
    if (round.meanMs <= tolerance * leastMs || round.rate >= 1.05 * (last?.rate ?? 0)) return;
    if (!before || round.meanMs <= 0.9 * before.meanMs) ease(round.meanMs, 1);
    else if (before.times < mostEasings) ease(before.meanMs, before.times + 1);
    // Half as many requests, and not a bit quicker: it is slower for another reason, and that is its pace now.
    else leastMs = round.meanMs;
  };
  const closeRound = (nowMs: number): void => {
    const meanMs = open.sumMs / open.count;
    const rate = open.count / Math.max(1e-3, nowMs - open.startMs);
    judge({ meanMs, rate });
    last = { meanMs, rate, size: open.size };
    open = { startMs: nowMs, size, count: 0, sumMs: 0, peak: 0 };
  };

  return {
    get size() {
      return Math.floor(size);
    },
    answer({ nowMs, latencyMs, activeCount }) {
      if (Number.isNaN(open.startMs)) open.startMs = nowMs - latencyMs;
      open.count += 1;
      open.sumMs += latencyMs;
      open.peak = Math.max(open.peak, activeCount);
      const isUsed = isDoubling ? size < 2 * open.peak : size < open.peak + 1;
      const grown = isUsed ? size + (isDoubling ? 1 : 1 / size) : size;
      if (Math.floor(grown) === Math.floor(size) || mayGrow()) size = grown;
      if (open.count >= Math.max(open.size, fewestOfRound)) closeRound(nowMs);
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
