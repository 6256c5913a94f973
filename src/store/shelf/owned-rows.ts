// The rows that belong to one stage, and their removal in slices: a million of them in one transaction would hold the
// event loop for seconds. Killed on the way, the removal is begun again. Attempts stay: what was paid stays paid.

import type { Clock } from "../../domain/context.ts";
import type { Connection } from "../database.ts";
import type { Writer } from "../writer.ts";

/** Children first, each with the column that its rows are counted by where there may be many. */
const ownedTables = [
  { table: "metric", by: null },
  { table: "model", by: null },
  { table: "corpus_part", by: null },
  { table: "selection", by: "candidate_id" },
  { table: "score", by: "candidate_id" },
  { table: "lint", by: null },
  { table: "candidate", by: "id" },
] as const;

const sliceRows = 500;

interface RemoverParts {
  readonly writer: Writer;
  readonly clock: Clock;
  /** Called within each transaction that ended attempts. */
  readonly onReopen: () => void;
}

/** Returns a function that removes a stage's rows; its transactions are no longer than those of sampling. */
export function createRowRemover(
  connection: Connection,
  { writer, clock, onReopen }: RemoverParts,
): (stageId: number) => Promise<void> {
  const statements = ownedTables.map(({ table, by }) => {
    const all = `DELETE FROM ${table} WHERE stage_id = @stageId`;
    const lowest = `(SELECT min(${by}) FROM ${table} WHERE stage_id = @stageId)`;
    return connection.prepare(by === null ? all : `${all} AND ${by} < ${lowest} + ${sliceRows}`);
  });
  // Attempts stay, so that their slices go by key: looking for those still to be done would pass over all before them.
  const lastOfSlice = connection
    .prepare<[object], string | null>(
      `SELECT max(key) FROM
         (SELECT key FROM attempt WHERE stage_id = @stageId AND key > @after ORDER BY key LIMIT ${sliceRows})`,
    )
    .pluck();
  // What was sent and never answered stays so, whether it is asked again or not: it may have been paid.
  const reopen = connection.prepare(
    `UPDATE attempt SET state = iif(is_outside = 1 AND state IN ('planned', 'sent', 'unknown'), 'unknown', 'retryable'),
       reason = 'other inputs', rows_sha256 = NULL, closed_ms = coalesce(closed_ms, @now)
     WHERE stage_id = @stageId AND key > @after AND key <= @last AND state <> 'retryable'`,
  );
  const disown = connection.prepare(
    `DELETE FROM answer WHERE attempt_id IN
       (SELECT id FROM attempt WHERE stage_id = @stageId AND key > @after AND key <= @last)`,
  );
  return async (stageId) => {
    for (const statement of statements) {
      while ((await writer.writeBatch(() => statement.run({ stageId }).changes)) > 0);
    }
    for (let after = ""; ; ) {
      const last = lastOfSlice.get({ stageId, after }) ?? null;
      if (last === null) return;
      await writer.writeBatch(() => {
        disown.run({ stageId, after, last });
        reopen.run({ stageId, after, last, now: clock.now() });
        onReopen();
      });
      after = last;
    }
  };
}
