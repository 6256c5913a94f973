// The worker thread of copier.ts: copies the log of one database back into it whenever it is told to, through a connection
// of its own, and says what came of it. A fault travels back as data, because an error that crosses threads loses its class.

import { parentPort, workerData } from "node:worker_threads";
import { StoreError } from "../../errors.ts";
import { type Connection, openCopier, toStoreError } from "../database.ts";

export type Order = "copy" | "close";

/** What was refused. */
export interface Fault {
  readonly what: string;
  readonly where: string | undefined;
  readonly next: string | undefined;
}

const file = workerData as string;
let connection: Connection | undefined;

parentPort?.on("message", (order: Order) => {
  const report = copy();
  if (order === "copy") return void parentPort?.postMessage(report);
  // What the disk refuses now it refuses once more, and that is told, when the writer's connection closes.
  connection?.close();
  parentPort?.close();
});

/** PASSIVE waits for nobody and keeps nobody waiting, neither readers nor the writer. */
function copy(): Fault | null {
  try {
    connection ??= openCopier(file);
    connection.pragma("wal_checkpoint(PASSIVE)");
    return null;
  } catch (error) {
    const fault = toStoreError(error, file);
    if (!(fault instanceof StoreError)) throw error;
    return { what: fault.what, where: fault.where, next: fault.next };
  }
}
