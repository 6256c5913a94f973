// The run's own row and what it asks for: the record a resume goes by.

import { join } from "node:path";
import type { Clock } from "../domain/context.ts";
import type { ArmRecord, RunState } from "../domain/record.ts";
import { type Json, renderCanonical } from "../keys/canonical.ts";
import { computeDigest } from "../keys/digest.ts";
import type { Connection } from "./database.ts";
import { type PaidStage, type PlannedStage, readHandedIn, readPaidStages, writePlan } from "./plan-table.ts";
import { type ImportedDataset, importDataset } from "./shelf/datasets.ts";
import { writeWhole } from "./whole-file.ts";
import { hasIdentity } from "./witness/identity.ts";
import { readResolved } from "./witness/resolved.ts";
import type { Writer } from "./writer.ts";

export interface FinishedStage {
  readonly key: string;
  readonly kind: string;
  /** Left behind by an experiment before the present one; good for whoever asks for it again. */
  readonly isStale: boolean;
}

/** A kept artifact that is a model, and whether it is the last of some trial. */
export interface KeptModel {
  readonly digest: string;
  readonly isLast: boolean;
}

export interface RunTable {
  readModels(): readonly KeptModel[];
  /** The record a resume goes by; undefined in a new folder. */
  readResolved(): Json | undefined;
  writeRun(run: { readonly name: string; readonly source: string; readonly resolved: Json }): Promise<void>;
  writeState(state: RunState, reason: string | null): Promise<void>;
  /** Makes a dataset the current one of its split; rows are read only if it was never imported. */
  importDataset(dataset: ImportedDataset): Promise<void>;
  /** Every finished stage there is. */
  finishedStages(): readonly FinishedStage[];
  /** Unfinished stages of the present experiment that hold answers that were paid for. */
  paidStages(): readonly PaidStage[];
  /** Stages that have begun and are not finished: some of what they are to bring may be there. */
  begunStages(): readonly string[];
  /** Requests that lie in batches nobody has fetched, by the keys of stages. */
  handedInRequests(): ReadonlyMap<string, number>;
  /** False where the record of a finished stage is no longer what its key is the digest of. */
  isWholeStage(key: string): boolean;
  /** Records what the experiment asks for; stages no longer asked for are kept, marked stale and left out of reports. */
  writePlan(stages: Iterable<PlannedStage>, arms: readonly ArmRecord[]): Promise<void>;
}

export function createRunTable(directory: string, connection: Connection, writer: Writer, clock: Clock): RunTable {
  const insertRun = connection.prepare(
    `INSERT INTO run (id, name, created_ms, state, resolved, resolved_sha256) VALUES (1, ?, ?, 'new', ?, ?)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, resolved = excluded.resolved,
       resolved_sha256 = excluded.resolved_sha256`,
  );
  const updateState = connection.prepare("UPDATE run SET state = ?, reason = ?");
  const insertEvent = connection.prepare("INSERT INTO event (at_ms, kind, detail) VALUES (?, ?, ?)");
  const finished = connection.prepare<[], { key: string; kind: string; planned: number }>(
    "SELECT key, kind, planned FROM stage WHERE state IN ('done', 'stale') ORDER BY id",
  );
  const begun = connection.prepare<[], string>("SELECT key FROM stage WHERE state IN ('running', 'failed')").pluck();
  const models = connection.prepare<[], { digest: string; last: number }>(
    `SELECT m.artifact_sha256 AS digest, max(t.generation = a.generations) AS last
     FROM model m JOIN artifact f ON f.sha256 = m.artifact_sha256 JOIN turn t ON t.stage_id = m.stage_id
       JOIN arm a ON a.id = t.arm
     WHERE f.state = 'kept' GROUP BY m.artifact_sha256`,
  );

  return {
    readModels: () => models.all().map(({ digest, last }) => ({ digest, isLast: last === 1 })),
    readResolved: (): Json | undefined => readResolved(connection),
    async writeRun({ name, source, resolved }: { name: string; source: string; resolved: Json }): Promise<void> {
      await writeWhole(join(directory, "experiment.yaml"), source);
      await writeWhole(join(directory, "resolved.json"), `${JSON.stringify(resolved, null, 2)}\n`);
      const text = JSON.stringify(resolved);
      await writer.write(() => void insertRun.run(name, clock.now(), text, computeDigest(text)));
    },
    writeState: (state: RunState, reason: string | null): Promise<void> =>
      writer.write(() => {
        updateState.run(state, reason);
        insertEvent.run(clock.now(), `run-${state}`, renderCanonical({ reason }));
      }),
    importDataset: (dataset: ImportedDataset): Promise<void> => importDataset(connection, writer, dataset),
    finishedStages: (): readonly FinishedStage[] =>
      finished.all().map(({ key, kind, planned }) => ({ key, kind, isStale: planned === 0 })),
    paidStages: () => readPaidStages(connection),
    begunStages: () => begun.all(),
    handedInRequests: () => readHandedIn(connection, true),
    isWholeStage: (key) => hasIdentity(connection, key),
    writePlan: (planned: Iterable<PlannedStage>, arms: readonly ArmRecord[]): Promise<void> =>
      writer.write(() => writePlan(connection, planned, arms)),
  };
}
