// The port Select: ranks small sets here and large ones on a worker thread, so that the main thread is never held
// up for more than a few milliseconds. The answer is the same either way.

import { Worker } from "node:worker_threads";
import type { Select, SelectionResult } from "../domain/selection.ts";
import { computeModuleAddress } from "../keys/module-address.ts";
import { rank } from "./ranking.ts";
import type { RankingRequest } from "./ranking-worker.ts";

/** Above this a worker is worth its start, about 40 ms. */
const rowsOnMainThread = 20_000;

export const select: Select = async (columns, selection, signal) => {
  signal.throwIfAborted();
  if (columns.scores.length <= rowsOnMainThread) return rank(columns, selection);
  return rankAside({ columns, selection }, signal);
};

/** The columns are copied to the worker, not moved: they stay the caller's. */
function rankAside(request: RankingRequest, signal: AbortSignal): Promise<SelectionResult> {
  const worker = new Worker(computeModuleAddress(import.meta.url, "ranking-worker"), { workerData: request, env: {} });
  const { promise, resolve, reject } = Promise.withResolvers<SelectionResult>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  worker.once("message", resolve);
  worker.once("error", reject);
  worker.once("exit", (code) => reject(new Error(`the ranking worker ended with code ${code} before it answered`)));
  return promise.finally(async () => {
    signal.removeEventListener("abort", abort);
    await worker.terminate();
  });
}
