// The thread that copies a database's log back into it, started with the first copy: most runs are too small for one.

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { StoreError } from "../../errors.ts";
import { computeModuleAddress } from "../../keys/module-address.ts";
import type { Fault, Order } from "./checkpoint-worker.ts";

export interface Copier {
  /** One copy at a time, as far as readers let it; rejects with StoreError where the disk does not take it. */
  copy(): Promise<void>;
  /** Copies what is left, if it ever copied anything, and ends. */
  close(): Promise<void>;
}

export function createCopier(file: string): Copier {
  let worker: Worker | undefined;

  const start = (): Worker => {
    const started = new Worker(computeModuleAddress(import.meta.url, "checkpoint-worker"), {
      env: {},
      workerData: file,
    });
    // The next copy has a thread of its own.
    started.once("exit", () => {
      if (worker === started) worker = undefined;
    });
    return started;
  };

  return {
    copy() {
      worker ??= start();
      return order(worker);
    },
    async close() {
      if (worker === undefined) return;
      const ended = once(worker, "exit");
      worker.postMessage("close" satisfies Order);
      await ended;
    },
  };
}

function order(worker: Worker): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const tell = (fault: Fault | null): void => {
    if (fault === null) resolve();
    else reject(new StoreError(fault.what, { where: fault.where, next: fault.next }));
  };
  const end = (code: number): void =>
    reject(new Error(`the copying worker ended with code ${code} before it answered`));
  worker.once("message", tell).once("error", reject).once("exit", end);
  worker.postMessage("copy" satisfies Order);
  return promise.finally(() => void worker.off("message", tell).off("error", reject).off("exit", end));
}
