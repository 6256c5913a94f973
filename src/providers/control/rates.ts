// Requests and tokens a minute, as token buckets (Turner 1986) that hold a second's worth: within any minute no more is
// sent than the limit says. Tokens are taken by what a request may use at most, and given back once it is known.

export interface Rates {
  /** Takes one request of so many tokens; 0 where it may go now, else the milliseconds until it is worth asking again. */
  take(tokenCount: number, nowMs: number): number;
  /** Gives a request back that was not sent, or the tokens that one did not use. */
  giveBack(requestCount: number, tokenCount: number): void;
}

export interface RateLimits {
  /** A minute; null for no such limit. */
  readonly requests: number | null;
  readonly tokens: number | null;
}

export function createRates(limits: RateLimits, nowMs: number): Rates {
  const requests = createBucket(limits.requests, nowMs);
  const tokens = createBucket(limits.tokens, nowMs);
  return {
    take(tokenCount, now) {
      const wait = Math.max(requests.waitMs(1, now), tokens.waitMs(tokenCount, now));
      if (wait > 0) return wait;
      requests.add(-1);
      tokens.add(-tokenCount);
      return 0;
    },
    giveBack(requestCount, tokenCount) {
      requests.add(requestCount);
      tokens.add(tokenCount);
    },
  };
}

interface Bucket {
  waitMs(amount: number, nowMs: number): number;
  add(amount: number): void;
}

const none: Bucket = { waitMs: () => 0, add: () => undefined };

function createBucket(limit: number | null, startMs: number): Bucket {
  if (limit === null) return none;
  const most = Math.max(1, Math.floor(limit / 60));
  // What a full bucket lets through at once is missing from the minute that follows.
  const perMs = (limit - most + 1) / 60_000;
  let [level, atMs] = [most, startMs];
  return {
    waitMs(amount, nowMs) {
      level = Math.min(most, level + Math.max(0, nowMs - atMs) * perMs);
      atMs = nowMs;
      // One that is larger than the bucket goes when it is full and leaves a debt.
      const missing = Math.min(amount, most) - level;
      // A millionth is what rounding leaves, and waiting for it would turn in a circle.
      return missing <= 1e-6 ? 0 : Math.max(1, missing / perMs);
    },
    add(amount) {
      level = Math.min(most, level + amount);
    },
  };
}
