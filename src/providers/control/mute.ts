// How long an endpoint has taken requests and begun no answer, or finished none, in time. Each such sending may be paid, and
// every request has tries of its own: together they would be sent for hours. It knows neither servers nor requests.

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
