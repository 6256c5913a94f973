// What a contract suite is: named cases, each of which throws where an implementation breaks the port's promise.
// Suites know the ports of domain/ and nothing else, so that anybody's implementation can be put to them.

import type { AttemptIntent, Context } from "../domain/context.ts";
import type { Json } from "../keys/canonical.ts";

export interface ContractCase {
  readonly name: string;
  /** Resolves where the promise is kept, rejects with an AssertionError where it is broken. */
  run(): Promise<void>;
}

/** A context that records intents and lets a case abort. */
export interface RecordingContext extends Context {
  readonly intents: readonly AttemptIntent[];
  abort(): void;
}

/** `intendMs` delays each intent, so that work begun before its intent shows. */
export function createRecordingContext(key: string, intendMs = 0): RecordingContext {
  const intents: AttemptIntent[] = [];
  const answers = new Map<string, Json>();
  const stop = new AbortController();
  return {
    key,
    signal: stop.signal,
    clock: { now: () => 0, monotonic: () => 0 },
    ledger: {
      async intend(attempt) {
        if (intendMs > 0) await new Promise((resolve) => setTimeout(resolve, intendMs));
        intents.push(attempt);
      },
      settle: async () => undefined,
      account: () => undefined,
      record: async (key, answer) => void answers.set(key, answer),
      recall: (key) => answers.get(key),
    },
    progress: { report: () => undefined },
    intents,
    abort: () => stop.abort(new DOMException("stopped by a contract case", "AbortError")),
  };
}

/** Gathers a stream; fails after `limit` items instead of filling memory. */
export async function readAll<Item>(stream: AsyncIterable<Item>, limit = 1_000_000): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of stream) {
    items.push(item);
    if (items.length > limit) throw new RangeError(`a stream gave more than ${limit} items`);
  }
  return items;
}

export async function* createStream<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
