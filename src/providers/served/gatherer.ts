// Gathers what arrives together into batches, so that the workers behind decode many at once though each request asks
// for one. A batch goes to a free worker once it is full, or when nothing more comes; beside others that are at work a
// small one waits for those to end, since their clients are about to ask again. It knows nothing of the work.

import { Refusal } from "./refusal.ts";

export interface GatherOptions<Group, Item, Result> {
  /** Batches under way at once. */
  readonly width: number;
  /** Items that take a worker as long as a single one. */
  readonly full: number;
  /** Items a batch, where so many wait. */
  readonly most: number;
  /** How long a batch waits for company at least, milliseconds; longer where batches take long. */
  readonly gatherMs: number;
  /** Milliseconds on a clock that never steps back. */
  readonly monotonic: () => number;
  /** Items that may wait; what comes on top is turned away. */
  readonly mostWaiting: number;
  /** The results in the order of the items. */
  perform(group: Group, items: readonly Item[]): Promise<readonly Result[]>;
}

export interface Gatherer<Group, Item, Result> {
  /** Items of one key are of one group. An item whose signal is aborted before its turn is dropped. */
  add(entry: {
    readonly key: string;
    readonly group: Group;
    readonly item: Item;
    readonly signal: AbortSignal;
  }): Promise<Result>;
  /** Resolves when nothing waits and nothing is under way. */
  settle(): Promise<void>;
}

interface Waiting<Group, Item, Result> {
  readonly key: string;
  readonly group: Group;
  readonly item: Item;
  readonly signal: AbortSignal;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

export function createGatherer<Group, Item, Result>(
  options: GatherOptions<Group, Item, Result>,
): Gatherer<Group, Item, Result> {
  const { width, full, most, gatherMs, mostWaiting, monotonic, perform } = options;
  /** By key, in the order in which the keys came to wait: the one that waits longest goes first. */
  const waitingByKey = new Map<string, Waiting<Group, Item, Result>[]>();
  let [waitingCount, running] = [0, 0];
  let timer: NodeJS.Timeout | undefined;
  let [isPatient, sinceMs, batchMs] = [false, 0, gatherMs];
  let atRest: (() => void)[] = [];

  const firstWaiting = (): readonly Waiting<Group, Item, Result>[] => waitingByKey.values().next().value ?? [];
  const take = (): Waiting<Group, Item, Result>[] => {
    const [key, entries] = waitingByKey.entries().next().value as [string, Waiting<Group, Item, Result>[]];
    const share = Math.ceil(entries.length / (width - running));
    const batch = entries.splice(0, Math.min(most, Math.max(Math.ceil(full / 2), share)));
    waitingCount -= batch.length;
    // What is left goes behind the other keys.
    waitingByKey.delete(key);
    if (entries.length > 0) waitingByKey.set(key, entries);
    return batch.filter(({ signal, reject }) => {
      if (signal.aborted) reject(signal.reason);
      return !signal.aborted;
    });
  };
  /** Sends what waits to whoever is free, as long as the next group has as many items as that. */
  const dispatch = (least: number): void => {
    halt();
    while (running < width && waitingCount > 0 && firstWaiting().length >= least) {
      const batch = take();
      if (batch.length > 0) void send(batch);
    }
    schedule(false);
  };
  const send = async (batch: readonly Waiting<Group, Item, Result>[]): Promise<void> => {
    running += 1;
    const startMs = monotonic();
    try {
      const results = await perform(
        batch[0]!.group,
        batch.map(({ item }) => item),
      );
      for (const [at, { resolve }] of batch.entries()) resolve(results[at] as Result);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    batchMs += (monotonic() - startMs - batchMs) / 4;
    running -= 1;
    schedule(false);
  };
  /** A batch that is not full waits until nothing more comes for a moment, though not for longer than half a batch takes. */
  const schedule = (isArrival: boolean): void => {
    const count = firstWaiting().length;
    if (count === 0) rest();
    if (count === 0 || running >= width) return;
    if (count >= full * (width - running)) {
      dispatch(full);
      return;
    }
    const isHalf = running === 0 || count >= full / 2;
    if (isPatient && isHalf) halt();
    if (timer === undefined) wait(false);
    else if (isArrival && !isPatient && monotonic() - sinceMs < batchMs / 2) timer.refresh();
  };
  const wait = (isLong: boolean): void => {
    halt();
    [isPatient, sinceMs] = [isLong, monotonic()];
    timer = setTimeout(expire, isLong ? 2 * batchMs : Math.max(gatherMs, batchMs / 8));
  };
  /** Beside a batch that is at work a small one is not worth a worker's time: it joins those who come back from that. */
  const expire = (): void => {
    const isSmall = running > 0 && firstWaiting().length < full / 2;
    if (isSmall && !isPatient) wait(true);
    else dispatch(1);
  };
  const halt = (): void => {
    clearTimeout(timer);
    [timer, isPatient] = [undefined, false];
  };
  const rest = (): void => {
    if (running > 0 || waitingCount > 0) return;
    for (const resolve of atRest.splice(0)) resolve();
  };

  return {
    add: (entry) =>
      new Promise((resolve, reject) => {
        if (waitingCount >= mostWaiting) {
          const details = { status: 429, code: "overloaded", headers: { "retry-after": "1" } } as const;
          return reject(new Refusal(`${waitingCount} choices wait already; come again`, details));
        }
        const entries = waitingByKey.get(entry.key);
        const waiting = { ...entry, resolve, reject };
        if (entries) entries.push(waiting);
        else waitingByKey.set(entry.key, [waiting]);
        waitingCount += 1;
        schedule(true);
      }),
    settle: () =>
      new Promise((resolve) => {
        atRest = [...atRest, resolve];
        rest();
      }),
  };
}
