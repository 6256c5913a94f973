// Records what an experiment asks for: arms, stages, and who asks for which; and tells what of it was paid for in part.

import type { ArmRecord } from "../domain/record.ts";
import type { StageRequest } from "../domain/records.ts";
import type { Turn } from "../domain/stage.ts";
import { renderCanonical } from "../keys/canonical.ts";
import type { Connection } from "./database.ts";
import { holdsPaidWork } from "./ledger/account.ts";

export { readHandedIn } from "./ledger/handed-in.ts";

export interface PlannedStage extends StageRequest {
  readonly turns: readonly Turn[];
}

export interface PaidStage {
  readonly key: string;
  readonly kind: string;
}

/** Stages that are asked for, are not finished, and hold answers that were paid for. */
export function readPaidStages(connection: Connection): readonly PaidStage[] {
  return connection
    .prepare<[], PaidStage>(`SELECT key, kind FROM stage WHERE planned = 1 AND ${holdsPaidWork} ORDER BY id`)
    .all();
}

/**
 * Call it inside a transaction. Stages no longer asked for are kept, marked stale and left out of reports; unfinished ones
 * stay as they are.
 */
export function writePlan(connection: Connection, planned: Iterable<PlannedStage>, arms: readonly ArmRecord[]): void {
  connection.exec("DELETE FROM turn; DELETE FROM arm; UPDATE stage SET planned = 0");
  const insertArm = connection.prepare(
    "INSERT INTO arm (position, id, generations, is_line, fields) VALUES (?, ?, ?, ?, ?)",
  );
  const insertStage = connection.prepare(
    `INSERT INTO stage (key, kind, version, parameters, inputs, state) VALUES (?, ?, ?, ?, ?, 'new')
     ON CONFLICT (key) DO UPDATE SET planned = 1, kind = excluded.kind, version = excluded.version,
       parameters = excluded.parameters, inputs = excluded.inputs, state = CASE state WHEN 'stale' THEN 'done' ELSE state END
     RETURNING id`,
  );
  const insertTurn = connection.prepare(
    "INSERT OR IGNORE INTO turn (arm, seed, generation, position, stage_id) VALUES (?, ?, ?, ?, ?)",
  );
  for (const [position, arm] of arms.entries()) {
    insertArm.run(position, arm.id, arm.generations, arm.isLine ? 1 : 0, renderCanonical(arm.fields));
  }
  let position = 0;
  for (const { key, description, inputs, turns } of planned) {
    const { kind, version, parameters } = description;
    const keys = renderCanonical(inputs.map((input) => input.key));
    const { id } = insertStage.get(key, kind, version, renderCanonical(parameters), keys) as { id: number };
    for (const turn of turns) insertTurn.run(turn.arm.id, turn.seed, turn.generation, position, id);
    position += 1;
  }
  connection.exec("UPDATE stage SET state = 'stale' WHERE planned = 0 AND state = 'done'");
}
