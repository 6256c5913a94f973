// Gathers what arrives together into batches, so that the workers behind decode many at once though each request asks
// for one. A batch goes out when a worker is free and a moment has passed, or it is full. It knows nothing of the work.

import { Refusal } from "./refusal.ts";

export interface GatherOptions<Group, Item, Result> {
  /** Batches under way at once. */
  readonly width: number;
  /** Below so many items a batch is not split for the sake of an idle worker; it never holds more than `most`. */
  readonly least: number;
  readonly most: number;
  /** How long an idle worker waits for company, milliseconds. */
  readonly gatherMs: number;
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
  const { width, least, most, gatherMs, mostWaiting, perform } = options;
  /** By key, in the order in which the keys came to wait: the one that waits longest goes first. */
  const waitingByKey = new Map<string, Waiting<Group, Item, Result>[]>();
  let [waitingCount, running] = [0, 0];
  let timer: NodeJS.Timeout | undefined;
  let atRest: (() => void)[] = [];

  const take = (): Waiting<Group, Item, Result>[] => {
    const [key, entries] = waitingByKey.entries().next().value as [string, Waiting<Group, Item, Result>[]];
    const share = Math.ceil(entries.length / (width - running));
    const batch = entries.splice(0, Math.min(most, Math.max(least, share)));
    waitingCount -= batch.length;
    // What is left goes behind the other keys.
    waitingByKey.delete(key);
    if (entries.length > 0) waitingByKey.set(key, entries);
    return batch.filter(({ signal, reject }) => {
      if (signal.aborted) reject(signal.reason);
      return !signal.aborted;
    });
  };
  const dispatch = (): void => {
    clearTimeout(timer);
    timer = undefined;
    while (running < width && waitingCount > 0) {
      const batch = take();
      if (batch.length > 0) void send(batch);
    }
    rest();
  };
  const send = async (batch: readonly Waiting<Group, Item, Result>[]): Promise<void> => {
    running += 1;
    try {
      const results = await perform(
        batch[0]!.group,
        batch.map(({ item }) => item),
      );
      for (const [at, { resolve }] of batch.entries()) resolve(results[at] as Result);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    running -= 1;
    schedule();
  };
  const schedule = (): void => {
    if (running >= width) return;
    if (waitingCount >= most * (width - running)) dispatch();
    else if (waitingCount > 0) timer ??= setTimeout(dispatch, gatherMs);
    else rest();
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
        schedule();
      }),
    settle: () =>
      new Promise((resolve) => {
        atRest = [...atRest, resolve];
        rest();
      }),
  };
}
