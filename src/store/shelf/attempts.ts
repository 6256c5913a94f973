// The intent and billing ledger. An intent is on disk before its work begins; its end is committed with what it brought.
// An attempt is never deleted: what was paid stays paid, whatever becomes of its rows.

import type { Clock, Ledger } from "../../domain/context.ts";
import { StoreError } from "../../errors.ts";
import type { Connection } from "../database.ts";
import type { StageTable } from "../stages.ts";
import type { Writer } from "../writer.ts";

export interface AttemptTable {
  /** The ledger of one stage. */
  createLedger(stage: string): Ledger;
  /** Within a transaction: the attempt has brought its rows, of so many tokens; returns its id. */
  close(stageId: number, key: string, tokenCount: number): number;
  /** Within a transaction: whatever the stage had begun has brought what it was for. */
  closeAll(stageId: number): void;
  /** What a dead process had sent: nobody knows what became of it. Call it before anything is intended. */
  markUnknown(): void;
}

export function createAttemptTable(
  connection: Connection,
  { writer, stages, clock }: { readonly writer: Writer; readonly stages: StageTable; readonly clock: Clock },
): AttemptTable {
  // What was sent and never answered may be paid twice once it is sent again.
  const intend = connection.prepare(
    `INSERT INTO attempt (stage_id, key, row_count, state, is_outside, try_usd, cost_usd, intended_ms)
     VALUES (@stage, @key, @rowCount, @state, @outside, @cost, @cost, @now)
     ON CONFLICT (stage_id, key) DO UPDATE SET state = excluded.state, reason = NULL, try_count = try_count + 1,
       repeat_count = repeat_count + (is_outside = 1 AND state IN ('sent', 'unknown')),
       try_usd = excluded.try_usd, cost_usd = cost_usd + excluded.try_usd, intended_ms = excluded.intended_ms, closed_ms = NULL`,
  );
  const find = connection
    .prepare<[number, string], number>("SELECT id FROM attempt WHERE stage_id = ? AND key = ?")
    .pluck();
  const finishAll = connection.prepare(
    "UPDATE attempt SET state = 'done', closed_ms = ? WHERE stage_id = ? AND state IN ('planned', 'sent', 'unknown')",
  );
  const finish = connection.prepare(
    "UPDATE attempt SET state = 'done', closed_ms = ?, token_count = token_count + ? WHERE id = ?",
  );
  // What was certainly not billed is given back; what has been answered was billed, whatever becomes of it.
  const settle = connection.prepare(
    `UPDATE attempt SET state = @state, reason = @reason, closed_ms = @now,
       cost_usd = cost_usd - CASE @state WHEN 'unknown' THEN 0 ELSE try_usd END, try_usd = 0
     WHERE stage_id = @stage AND key = @key AND state IN ('planned', 'sent', 'unknown')`,
  );

  return {
    createLedger: (stage) => ({
      intend: ({ key, rowCount, isOutside, costUsd = 0 }) =>
        writer.write(() => {
          const values = { stage: stages.idOf(stage), key, rowCount, cost: costUsd, now: clock.now() };
          intend.run({ ...values, state: isOutside ? "sent" : "planned", outside: isOutside ? 1 : 0 });
        }),
      settle: (key, { state, reason }) =>
        writer.write(() => void settle.run({ stage: stages.idOf(stage), key, state, reason, now: clock.now() })),
    }),
    close(stageId, key, tokenCount) {
      const id = find.get(stageId, key);
      if (id === undefined) throw new StoreError(`attempt ${key} was never intended`, { where: connection.name });
      finish.run(clock.now(), tokenCount, id);
      return id;
    },
    markUnknown: () => connection.exec("UPDATE attempt SET state = 'unknown' WHERE state = 'sent'"),
    closeAll: (stageId) => void finishAll.run(clock.now(), stageId),
  };
}
