// The two looks a run folder is given before work goes on: at its structure before the first write, and, once it is
// known what is to be done, at what that will read.

import { dirname } from "node:path";
import type { Connection } from "../database.ts";
import { inspectStructure } from "../inspection/structure-check.ts";
import { createDamageError } from "./damage.ts";
import { checkNeededWork } from "./needed-work.ts";

export interface FolderCheck {
  /** Throws StoreError where a run with work to do has a database that is not whole; nothing is made worse. */
  checkStructure(): Promise<void>;
  /** Throws StoreError where planned work would read damaged rows; a damaged model is told and trained again instead. */
  checkNeeded(signal: AbortSignal): Promise<void>;
}

export function createFolderCheck(connection: Connection, onDamagedModel: (sha256: string) => void): FolderCheck {
  let isWhole = false;
  const check = async (signal?: AbortSignal): Promise<void> => {
    const [damage] = await inspectStructure(connection.name, signal);
    if (damage !== undefined) throw createDamageError(`is damaged: ${damage}`, connection.name);
    isWhole = true;
  };
  return {
    async checkStructure() {
      // A finished run is not read through: that there is nothing to do must be said at once, whatever its size.
      if (connection.prepare("SELECT 1 FROM stage WHERE planned = 1 AND state <> 'done' LIMIT 1").get()) await check();
    },
    async checkNeeded(signal) {
      if (!isWhole) await check(signal);
      await checkNeededWork({ directory: dirname(connection.name), connection, signal, onDamagedModel });
    },
  };
}
