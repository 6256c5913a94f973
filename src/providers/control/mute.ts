// How long an endpoint has taken requests and begun no answer, or finished none, in time. Each such sending may be paid, and
// every request has tries of its own: together they would be sent for hours. And of one server, since when it has lost
// whatever came back from it: then little is sent in place of that. It knows neither servers nor requests.

export interface Mute {
  /** Something came back. */
  end(): void;
  /** A sending was waited for in vain. */
  add(sentMs: number, nowMs: number): void;
  /** How long nothing has come back; null where that is to be borne still. */
  readLongMs(nowMs: number): number | null;
}

/** Borne is it for `waitMs`, and for `tries` sendings one after another: those under way together count as one. */
export function createMute({ tries, waitMs }: { readonly tries: number; readonly waitMs: number }): Mute {
  let [rounds, sinceMs, lastMs] = [0, 0, 0];
  return {
    end() {
      rounds = 0;
    },
    add(sentMs, nowMs) {
      if (rounds === 0) sinceMs = sentMs;
      else if (sentMs < lastMs) return;
      rounds += 1;
      lastMs = nowMs;
    },
    readLongMs(nowMs) {
      const longMs = nowMs - sinceMs;
      return rounds >= tries && longMs >= waitMs ? longMs : null;
    },
  };
}

/** Of one server: losses since anything else came back from it. */
export interface Doubt {
  /** Something came back. */
  end(): void;
  /** A sending was lost while so many others were under way. */
  add(sending: Times, { isLate, othersCount }: { readonly isLate: boolean; readonly othersCount: number }): void;
  /** A sending came to nothing without being lost. */
  pass(sending: Pick<Times, "sentMs">): void;
  /** How often in a row it lost what was sent, those under way together as one; those that came too late are not counted. */
  rounds(): number;
  /** Requests that may be under way: those that were when doubt began and still are, and one more. */
  most(): number;
}

interface Times {
  readonly sentMs: number;
  readonly nowMs: number;
}

/** Losses without anything else in between from which on it is doubted: one or two are bad luck where many are lost. */
const doubtedLosses = 3;

export function createDoubt(): Doubt {
  let [losses, rounds, lostMs, sinceMs, elders] = [0, 0, 0, 0, Number.POSITIVE_INFINITY];
  const pass = ({ sentMs }: Pick<Times, "sentMs">): void => {
    if (sentMs < sinceMs) elders -= 1;
  };
  return {
    end() {
      elders = Number.POSITIVE_INFINITY;
      rounds = 0;
      losses = 0;
    },
    add({ sentMs, nowMs }, { isLate, othersCount }) {
      losses += 1;
      if (losses === doubtedLosses) [elders, sinceMs] = [othersCount, nowMs];
      else pass({ sentMs });
      if (isLate || (rounds > 0 && sentMs < lostMs)) return;
      rounds += 1;
      lostMs = nowMs;
    },
    pass,
    rounds: () => rounds,
    most: () => elders + 1,
  };
}
