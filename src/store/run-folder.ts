// A run is a folder and holds everything: the experiment as given, the database, the artifacts, the report.
// This opens it for its one writer. Stopped, the folder can be copied anywhere and gone on with.

import { join } from "node:path";
import type { Answered, Budget, Clock, Ledger, Spending } from "../domain/context.ts";
import type { EndpointRecords, PatienceRecords, StageRecords } from "../domain/records.ts";
import type { Shelf } from "../domain/shelf.ts";
import { createCheckpoints } from "./checkpoint/checkpoints.ts";
import { type Connection, openWriter, toStoreError } from "./database.ts";
import { openFolder, openLock } from "./lock.ts";
import { createRunTable, type RunTable } from "./run-table.ts";
import { createRunShelf, type RunShelf } from "./shelf/shelf.ts";
import { createStageTable } from "./stages.ts";
import { isThere } from "./system-fault.ts";
import { createWriter } from "./writer.ts";

export interface RunFolder extends RunTable {
  readonly directory: string;
  readonly records: StageRecords;
  readonly shelf: Shelf;
  readonly artifacts: RunShelf["artifacts"];
  readonly endpoints: EndpointRecords & PatienceRecords;
  createLedger(stage: string): Ledger;
  /** What has left the process over the whole run, and what is reserved. */
  readSpending(): Spending;
  /** Of it, what was answered, by the keys of stages. */
  readAnswered(): ReadonlyMap<string, Answered>;
  /**
   * Holds what planned work will read against the digests it was written with; call it once the plan is recorded.
   * Throws StoreError for damage; a damaged model is trained again instead.
   */
  check(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface RunFolderOptions {
  readonly clock: Clock;
  /** Who holds the lock, for the message another process gets. */
  readonly holder: Readonly<Record<string, string | number>>;
  /** What may leave the process over the whole run; no cap unless given. */
  readonly budget?: Partial<Budget>;
  /** How long the first write of a group waits for company, milliseconds; the writer's own choice unless given. */
  readonly gatherMs?: number;
  /** How long the log grows before it is copied back into the database; the store's own choice unless given. */
  readonly checkpointBytes?: number;
}

/** Opens or creates a run folder; throws StoreError if another process writes it, it is damaged or cannot be written. */
export async function openRunFolder(
  directory: string,
  { clock, holder, budget, gatherMs, checkpointBytes }: RunFolderOptions,
): Promise<RunFolder> {
  await openFolder(directory, databaseName);
  const lock = openLock(directory, holder);
  let connection: Connection;
  try {
    connection = openWriter(join(directory, databaseName));
  } catch (error) {
    lock.close();
    throw error;
  }
  const checkpoints = createCheckpoints(connection, { checkpointBytes });
  const writer = createWriter(connection, () => clock.monotonic(), { gatherMs, follow: checkpoints.follow });
  const stages = createStageTable(connection, writer, clock);
  const folder = join(directory, "artifacts");
  const {
    artifacts,
    endpoints,
    createLedger,
    readSpending,
    readAnswered,
    markUnknown,
    checkStructure,
    checkNeeded,
    ...shelf
  } = createRunShelf({ connection, writer, stages, clock, folder, budget });
  try {
    await checkStructure();
    markUnknown();
    await artifacts.removeDrafts();
  } catch (error) {
    connection.close();
    lock.close();
    throw toStoreError(error, join(directory, databaseName));
  }
  return {
    directory,
    records: stages,
    artifacts,
    endpoints,
    createLedger,
    readSpending,
    readAnswered,
    shelf,
    check: checkNeeded,
    ...createRunTable(directory, connection, writer, clock),
    async close() {
      await writer.flush().catch(() => undefined);
      try {
        // For whoever looks once more.
        readSpending();
        readAnswered();
        await checkpoints.close();
        connection.pragma("wal_checkpoint(TRUNCATE)");
        connection.close();
      } catch (error) {
        throw toStoreError(error, directory);
      } finally {
        lock.close();
      }
    },
  };
}

export const databaseName = "state.db";

/** True where a folder holds a run; throws StoreError where nobody lets us look. */
export function isRunFolder(directory: string): Promise<boolean> {
  return isThere(databaseName, directory);
}
