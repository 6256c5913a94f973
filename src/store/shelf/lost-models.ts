// Which finished train stages are to be run again: their model's file is gone, and work that is planned needs it.
// Training again gives the same digest, so whatever was made from the model stays valid.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Connection } from "../database.ts";

export interface LostModels {
  /** True where the stage's model is gone and needed. */
  has(key: string): boolean;
  /** Counts the model of this digest as gone: its file is not what was written. Call it before the first question. */
  add(sha256: string): void;
  /** The stage is being run again. */
  forget(key: string): void;
}

interface PlannedRow {
  readonly key: string;
  readonly state: string;
  readonly inputs: string;
  readonly sha256: string | null;
  readonly artifact_state: string | null;
}

/** Looks once, at the first question: by then the plan is recorded. */
export function createLostModels(connection: Connection): LostModels {
  const planned = connection.prepare<[], PlannedRow>(
    `SELECT s.key, s.state, s.inputs, a.sha256, a.state AS artifact_state
     FROM stage s LEFT JOIN model m ON m.stage_id = s.id LEFT JOIN artifact a ON a.sha256 = m.artifact_sha256
     WHERE s.planned = 1`,
  );
  const folder = join(dirname(connection.name), "artifacts");
  const damaged = new Set<string>();
  let lost: Set<string> | undefined;
  const isGone = (sha256: string): boolean => damaged.has(sha256) || !existsSync(join(folder, sha256));
  const look = (): Set<string> => findNeeded(planned.all(), isGone);
  return {
    add: (sha256) => void damaged.add(sha256),
    has: (key) => {
      lost ??= look();
      return lost.has(key);
    },
    forget: (key) => void lost?.delete(key),
  };
}

/** From the open stages back: a lost model that is trained again may itself start from a lost one. */
function findNeeded(rows: readonly PlannedRow[], isGone: (sha256: string) => boolean): Set<string> {
  const isLost = ({ state, sha256, artifact_state }: PlannedRow): boolean =>
    state === "done" && sha256 !== null && (artifact_state === "released" || isGone(sha256));
  const lostByKey = new Map(rows.filter(isLost).map((row) => [row.key, row]));
  const needed = new Set<string>();
  if (lostByKey.size === 0) return needed;
  const open = rows.filter(({ state }) => state !== "done");
  for (let row = open.pop(); row; row = open.pop()) {
    for (const input of JSON.parse(row.inputs) as readonly string[]) {
      const model = lostByKey.get(input);
      if (!model || needed.has(input)) continue;
      needed.add(input);
      open.push(model);
    }
  }
  return needed;
}
