// Looks through a database here where it is small and on a worker thread where it is large, so that nobody waits.

import { statSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { computeModuleAddress } from "../../keys/module-address.ts";
import { findStructureDamage } from "./structure.ts";

/** Measured: a gigabyte takes 0.9 s; this much some 15 ms, less than a worker takes to start. */
const bytesOnMainThread = 16_000_000;

export async function inspectStructure(file: string, signal?: AbortSignal): Promise<readonly string[]> {
  signal?.throwIfAborted();
  if (statSync(file).size <= bytesOnMainThread) return findStructureDamage(file);
  const worker = new Worker(computeModuleAddress(import.meta.url, "structure-worker"), { env: {}, workerData: file });
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
  const abort = (): void => reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  worker.once("message", resolve);
  worker.once("error", reject);
  worker.once("exit", (code) => reject(new Error(`the inspecting worker ended with code ${code} before it answered`)));
  return promise.finally(async () => {
    signal?.removeEventListener("abort", abort);
    await worker.terminate();
  });
}
