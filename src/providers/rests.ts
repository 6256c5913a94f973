// What servers asked for, from one process to the next: to be left alone for so long. A wall clock may have been set in
// between, so that none is left alone for longer than it asked. It knows neither requests nor tables.

import type { Clock } from "../domain/context.ts";
import type { PatienceRecords } from "../domain/records.ts";

export interface Rest {
  readonly restMs: number;
  /** What the server said. */
  readonly reason: string;
}

export interface Rests {
  /** What is left of it; null where the server asked for nothing, or is not to be left alone any more. */
  read(url: string): Rest | null;
  /** From now on, in place of what the server asked for before; resolves once that is on disk. */
  write(url: string, rest: Rest): Promise<void>;
}

interface RestParts {
  /** The endpoint's name. */
  readonly name: string;
  readonly records: PatienceRecords;
  readonly clock: Pick<Clock, "now">;
}

export function createRests({ name, records, clock }: RestParts): Rests {
  return {
    read(url) {
      const asked = records.readPatience(name, url);
      if (asked === undefined) return null;
      const { askedMs, waitMs, reason } = asked;
      // A clock that stands before the moment of asking was set back: how long ago that was nobody knows.
      const restMs = Math.min(waitMs, askedMs + waitMs - clock.now());
      return restMs > 0 ? { restMs, reason } : null;
    },
    write: (url, { restMs, reason }) =>
      records.writePatience(name, { url, askedMs: clock.now(), waitMs: Math.ceil(restMs), reason }),
  };
}
