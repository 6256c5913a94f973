// Cuts a stream into chunks and works on several at once, in the order given, holding only those in flight.
// It knows nothing of what the work is. Ending the stream early, or an error in it, stops what is still in flight.

import { CancelledError } from "../errors.ts";

export interface ChunkOptions<Item, Result> {
  /** Items a chunk. */
  readonly size: number;
  /** Chunks worked on at once. */
  readonly width: number;
  readonly signal: AbortSignal;
  perform(items: readonly Item[], signal: AbortSignal): Promise<readonly Result[]>;
}

/** The results of all chunks, in input order. Throws CancelledError once the signal is aborted. */
export async function* performChunks<Item, Result>(
  items: AsyncIterable<Item>,
  { size, width, signal, perform }: ChunkOptions<Item, Result>,
): AsyncGenerator<Result> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const running: Promise<readonly Result[]>[] = [];
  const begin = (chunk: readonly Item[]): void => {
    const result = perform(chunk, either);
    // Awaited in its turn below; until then a failure must not count as unhandled.
    result.catch(() => undefined);
    running.push(result);
  };
  try {
    throwIfAborted(signal);
    let chunk: Item[] = [];
    for await (const item of items) {
      throwIfAborted(signal);
      if (chunk.push(item) < size) continue;
      begin(chunk);
      chunk = [];
      if (running.length >= width) yield* await running.shift()!;
    }
    if (chunk.length > 0) begin(chunk);
    while (running.length > 0) yield* await running.shift()!;
    throwIfAborted(signal);
  } finally {
    stop.abort(new CancelledError("the stream was ended early"));
  }
}

export function throwIfAborted({ aborted, reason }: AbortSignal): void {
  if (aborted) throw reason instanceof CancelledError ? reason : new CancelledError();
}
