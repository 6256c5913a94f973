// The models a run folder holds, in short reads beside its writer: each with what it was trained for and where it lies.

import { existsSync, lstatSync } from "node:fs";
import { join } from "node:path";
import type { Model } from "../../domain/ports.ts";
import type { Connection } from "../database.ts";
import { validateReadFile } from "../guard/own-path.ts";
import { readRun } from "../status.ts";

export interface KnownModel extends Model {
  /** False where its file was released, or is gone. */
  readonly isThere: boolean;
  readonly createdMs: number;
  /** A verifier scores under it, and no arm is sampled from it. */
  readonly isAuxiliary: boolean;
  readonly turns: readonly { readonly arm: string; readonly seed: number; readonly generation: number }[];
}

interface ModelRow {
  readonly id: number;
  readonly lineage: string;
  readonly digest: string;
  readonly state: string;
  readonly createdMs: number | null;
  readonly isAuxiliary: 0 | 1;
}

/**
 * In the order in which the run planned them. What a hosted model is known by is kept as an artifact too, and is no model of
 * this run's: its own lies elsewhere. Throws StoreError where there is no run.
 */
export function readModelList(directory: string): readonly KnownModel[] {
  return readRun(directory, (connection) => {
    const turnsById = readTurns(connection);
    const rows = connection.prepare<[], ModelRow>(
      `SELECT s.id, s.key AS lineage, a.sha256 AS digest, a.state, s.finished_ms AS createdMs,
         s.key IN (SELECT j.value FROM stage v, json_each(v.inputs) j WHERE v.kind = 'verify')
         AND s.key NOT IN (SELECT j.value FROM stage v, json_each(v.inputs) j WHERE v.kind = 'sample') AS isAuxiliary
       FROM model m JOIN stage s ON s.id = m.stage_id JOIN artifact a ON a.sha256 = m.artifact_sha256
       WHERE s.state IN ('done', 'stale') AND json_type(s.parameters, '$.endpoint') IS NULL ORDER BY s.id`,
    );
    return rows.all().map(({ id, lineage, digest, state, createdMs, isAuxiliary }) => {
      const file = join(directory, "artifacts", digest);
      return {
        lineage,
        digest,
        file,
        isThere: state !== "released" && isOwnArtifact(file, digest),
        createdMs: createdMs ?? 0,
        isAuxiliary: isAuxiliary === 1,
        turns: turnsById.get(id) ?? [],
      };
    });
  });
}

/** Digests come out of a database that may be anybody's: only what is one becomes a path. */
function isOwnArtifact(file: string, digest: string): boolean {
  if (!/^[0-9a-f]{64}$/.test(digest) || !existsSync(file) || !lstatSync(file).isFile()) return false;
  validateReadFile(file);
  return true;
}

function readTurns(connection: Connection): ReadonlyMap<number, KnownModel["turns"]> {
  const turns = connection
    .prepare<[], { id: number; arm: string; seed: number; generation: number }>(
      `SELECT stage_id AS id, arm, seed, generation FROM turn WHERE stage_id IN (SELECT stage_id FROM model)
       ORDER BY stage_id, position, arm, seed`,
    )
    .all();
  return new Map(
    Object.entries(Object.groupBy(turns, ({ id }) => id)).map(([id, group]) => [
      Number(id),
      group!.map(({ id: _, ...turn }) => turn),
    ]),
  );
}
