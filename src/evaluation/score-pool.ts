// Scores batches on worker threads, and gives their results in the order of the batches.
// The first batches are scored in this thread: small files are done before a worker would have started.

import { Worker } from "node:worker_threads";
import { DatasetError } from "../errors.ts";
import { computeModuleAddress } from "../keys/module-address.ts";
import { type Batch, type BatchOptions, type BatchResult, createBatchScorer } from "./score-batch.ts";
import type { BadRow } from "./score-worker.ts";

export interface ScorePool {
  /**
   * The result of each batch, in order. The first failure in that order is thrown, be it a bad row or a failure of
   * `batches` itself, whichever thread was faster.
   */
  score(batches: AsyncIterable<Batch>): AsyncIterable<BatchResult>;
  close(): Promise<void>;
}

/** Batches scored before workers are started, about a tenth of a second of work. */
const ownBatches = 16;
/** Batches a worker has at most: one at work and one waiting. */
const batchesPerWorker = 2;
/** All that a batch allocates is garbage when it is done: without this bound, a worker keeps hundreds of megabytes of it. */
const youngMegabytes = 16;

/** Creates a pool of `workerCount` threads, at least 1, started when they are needed. */
export function createScorePool(options: BatchOptions, workerCount: number): ScorePool {
  const scoreHere = createBatchScorer(options);
  const threads: Thread[] = [];
  let batchCount = 0;

  const scoreOne = async (batch: Batch): Promise<BatchResult> => {
    if (batchCount++ < ownBatches) return scoreHere(batch);
    while (threads.length < workerCount) threads.push(createThread(options));
    const [freest] = threads.toSorted((one, other) => one.pendingCount() - other.pendingCount());
    return freest!.score(batch);
  };

  return {
    async *score(batches) {
      const source = batches[Symbol.asyncIterator]();
      const pending: Promise<BatchResult>[] = [];
      let isEnded = false;
      const add = (result: Promise<BatchResult>): void => {
        // A failure is met when its turn comes; until then it must not count as unhandled.
        result.catch(() => undefined);
        pending.push(result);
      };
      try {
        for (;;) {
          while (!isEnded && pending.length < batchesPerWorker * workerCount) {
            try {
              const next = await source.next();
              if (next.done === true) isEnded = true;
              else add(scoreOne(next.value));
            } catch (error) {
              isEnded = true;
              add(Promise.reject(error));
            }
          }
          const result = pending.shift();
          if (result === undefined) return;
          yield await result;
        }
      } finally {
        await source.return?.(undefined);
      }
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

interface Thread {
  score(batch: Batch): Promise<BatchResult>;
  /** How many batches have been sent and not answered. */
  pendingCount(): number;
  close(): Promise<void>;
}

interface Waiter {
  resolve(result: BatchResult): void;
  reject(error: unknown): void;
}

function createThread(options: BatchOptions): Thread {
  const worker = new Worker(computeModuleAddress(import.meta.url, "./score-worker"), {
    workerData: options,
    env: {},
    resourceLimits: { maxYoungGenerationSizeMb: youngMegabytes },
  });
  const waiters: Waiter[] = [];
  worker.on("message", (reply: BatchResult | BadRow) => {
    const waiter = waiters.shift();
    if (reply.kind === "bad-row") waiter?.reject(new DatasetError(reply.what, reply));
    else waiter?.resolve(reply);
  });
  worker.on("error", (error) => {
    for (const waiter of waiters.splice(0)) waiter.reject(error);
  });
  return {
    score(batch) {
      worker.postMessage(batch, [batch.predictions.bytes.buffer, batch.references.bytes.buffer]);
      return new Promise((resolve, reject) => waiters.push({ resolve, reject }));
    },
    pendingCount: () => waiters.length,
    async close() {
      await worker.terminate();
    },
  };
}
