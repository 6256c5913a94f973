// Group commit: writes asked for within a few milliseconds share a transaction and one disk sync.
// A write's promise resolves only when its transaction is on disk. Once the disk has refused a transaction nothing more
// is written: what comes later may rest on what was refused, and a disk that failed a sync is not to be believed again.

import type { Connection } from "./database.ts";
import { toStoreError } from "./database.ts";
import { isDiskRefusal } from "./system-fault.ts";

export interface Writer {
  /** Runs `work` inside the next transaction; resolves with what it returned once that is committed. */
  write<Result>(work: () => Result): Promise<Result>;
  /** The same for a batch that is worth a disk sync of its own: it waits for no company, only for its turn. */
  writeBatch<Result>(work: () => Result): Promise<Result>;
  /** Resolves when everything asked for so far is committed. */
  flush(): Promise<void>;
  /** Calls back whenever a transaction was taken back: what was reckoned within it never was. */
  onRollBack(callback: () => void): void;
}

interface Pending {
  readonly work: () => unknown;
  /** What it returned, within the transaction at hand. */
  value: unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * How long the first write of a group waits for company. While writes are sparse, long: at 470 requests a second 20 ms took
 * 121 us a request and 5 ms 159, and committing at every turn of the event loop 862 syncs more a seed of newswire-selection.
 * While they come thick, short: a request waits for its intent in its place of the window.
 */
const sparseMs = 20;
const thickMs = 5;
/** Writes within the short wait from which on they come thick: fewer are not worth a sync. */
const thickCount = 8;

/** While they come thick, syncs take a sixteenth of the time, or all that is between two of them is gathered for longest. */
const syncsApart = 16;

/** Longest time one transaction may hold the event loop before it commits and the rest waits for the next turn. */
const transactionMs = 20;

export interface WriterOptions {
  /** How long the first write of a group waits for company, milliseconds; by what comes and by the disk unless given. */
  readonly gatherMs?: number | undefined;
  /** Called after each commit: what the next one has to wait for, if anything; where it rejects, nothing more is written. */
  readonly follow?: () => Promise<void> | undefined;
}

export function createWriter(
  connection: Connection,
  monotonic: () => number,
  { gatherMs, follow = () => undefined }: WriterOptions = {},
): Writer {
  const queue: Pending[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isDue = false;
  let isHeld = false;
  let refusal: { readonly reason: unknown } | undefined;
  const pace = createPace(gatherMs);

  const scheduleSoon = (): void => {
    timer ??= setTimeout(commitGroup, pace.gatherMs());
  };
  const scheduleNow = (): void => {
    if (isDue) return;
    isDue = true;
    setImmediate(commitGroup);
  };
  const rejectAll = (reason: unknown): void => {
    for (const pending of queue.splice(0)) pending.reject(reason);
  };
  const refuse = (reason: unknown): void => {
    refusal = { reason };
    rejectAll(reason);
  };
  const rolledBack: (() => void)[] = [];
  const transact = createTransactions(connection, { queue, monotonic, refuse, pace, rolledBack });

  const commitGroup = (): void => {
    clearTimeout(timer);
    timer = undefined;
    isDue = false;
    if (queue.length === 0 || isHeld) return;
    if (refusal) {
      rejectAll(refusal.reason);
      return;
    }
    if (!transact()) return;
    const wait = refusal ? undefined : follow();
    if (wait) void holdFor(wait);
    // What did not fit has waited long enough.
    else if (queue.length > 0) scheduleNow();
  };

  const holdFor = async (wait: Promise<void>): Promise<void> => {
    isHeld = true;
    try {
      await wait;
    } catch (reason) {
      refuse(reason);
    }
    isHeld = false;
    if (queue.length > 0) scheduleNow();
  };

  const add = <Result>(work: () => Result, schedule: () => void): Promise<Result> =>
    new Promise<Result>((resolve, reject) => {
      queue.push({ work, value: undefined, resolve: resolve as (value: unknown) => void, reject });
      schedule();
    });

  return {
    write: (work) => add(work, scheduleSoon),
    writeBatch: (work) => add(work, scheduleNow),
    flush: () => add(() => undefined, scheduleNow),
    onRollBack: (callback) => void rolledBack.push(callback),
  };
}

export interface Pace {
  gatherMs(): number;
  /** A group of so many writes took so long to be synced, and was then. */
  note(count: number, tookMs: number, nowMs: number): void;
}

/** How long groups gather: by how thick writes came lately, and by how long a sync takes. */
export function createPace(fixedMs: number | undefined): Pace {
  if (fixedMs !== undefined) return { gatherMs: () => fixedMs, note: () => undefined };
  let [perMs, syncMs, lastMs] = [0, 0, Number.NaN];
  return {
    gatherMs: () =>
      perMs * thickMs < thickCount ? sparseMs : Math.min(sparseMs, Math.max(thickMs, syncsApart * syncMs)),
    note(count, tookMs, nowMs) {
      if (!Number.isNaN(lastMs)) perMs += (count / Math.max(1, nowMs - lastMs) - perMs) / 4;
      syncMs += (tookMs - syncMs) / 4;
      lastMs = nowMs;
    },
  };
}

interface Transactions {
  readonly queue: Pending[];
  readonly monotonic: () => number;
  /** Nothing more is to be written. */
  readonly refuse: (reason: unknown) => void;
  readonly pace: Pace;
  readonly rolledBack: readonly (() => void)[];
}

/** Takes what fits from the queue into one transaction and commits it; false where none could be begun. */
function createTransactions(
  connection: Connection,
  { queue, monotonic, refuse, pace, rolledBack }: Transactions,
): () => boolean {
  const begin = connection.prepare("BEGIN IMMEDIATE");
  const commit = connection.prepare("COMMIT");
  const rollBack = (): void => {
    try {
      if (connection.inTransaction) connection.exec("ROLLBACK");
    } catch (error) {
      refuse(toStoreError(error, connection.name));
    }
    for (const callback of rolledBack) callback();
  };
  return () => {
    const startMs = monotonic();
    const group: Pending[] = [];
    let current: Pending | undefined;
    try {
      begin.run();
    } catch (error) {
      refuse(toStoreError(error, connection.name));
      return false;
    }
    try {
      while (queue.length > 0 && (group.length === 0 || monotonic() < startMs + transactionMs)) {
        current = queue.shift() as Pending;
        current.value = current.work();
        group.push(current);
      }
      current = undefined;
      const workedMs = monotonic();
      commit.run();
      for (const { resolve, value } of group) resolve(value);
      pace.note(group.length, monotonic() - workedMs, monotonic());
    } catch (error) {
      rollBack();
      const reason = toStoreError(error, connection.name);
      // The write at fault fails alone; those that shared its transaction are done again without it.
      if (current) {
        current.reject(reason);
        queue.unshift(...group);
      } else for (const { reject } of group) reject(reason);
      if (!current || isDiskRefusal(String((error as { code?: unknown }).code))) refuse(reason);
    }
    return true;
  };
}
