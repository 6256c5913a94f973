// Requests that lie with a vendor in a batch that nobody has fetched yet. Whoever goes on looks for the batch and fetches it:
// they are not sent again, unless they are asked for live by then.

import type { Connection } from "../database.ts";
import { underWay } from "./account.ts";

/**
 * By the key of their stage. A batch is written down as `batch <number>`, what it is made of as `batch <number> plan`, and
 * that it is about to be made as `batch <number> begun`; none of them has rows of its own. `isAlive`: the writer is at work.
 */
export function readHandedIn(connection: Connection, isAlive: boolean): ReadonlyMap<string, number> {
  const rows = connection
    .prepare<[number], { readonly stage: string; readonly count: number }>(
      `WITH made AS (
         SELECT plan.stage_id, answer.value FROM attempt plan JOIN answer ON answer.attempt_id = plan.id
         WHERE plan.key GLOB 'batch [0-9]* plan' AND plan.row_count = 0 AND EXISTS (
           SELECT 1 FROM attempt batch JOIN answer told ON told.attempt_id = batch.id
           WHERE batch.stage_id = plan.stage_id AND batch.row_count = 0
             AND batch.key IN (replace(plan.key, ' plan', ''), replace(plan.key, ' plan', ' begun')))),
       open AS (
         SELECT id, stage_id, key FROM attempt WHERE is_outside = 1 AND (state = 'unknown' OR (${underWay} AND NOT ?)))
       SELECT stage.key AS stage, count(DISTINCT open.id) AS count
       FROM made JOIN json_each(made.value, '$.attempts') row
         JOIN open ON open.stage_id = made.stage_id AND open.key = row.value
         JOIN stage ON stage.id = made.stage_id GROUP BY stage.id`,
    )
    .all(isAlive ? 1 : 0);
  return new Map(rows.map(({ stage, count }) => [stage, count]));
}
