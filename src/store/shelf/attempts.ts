// The intent and billing ledger. An intent is on disk before its work begins; its end is committed with what it brought.
// An attempt is never deleted: what was paid stays paid, whatever becomes of its rows. What is spent and reserved is
// summed by the database itself, so that the budget is held against it in the very transaction of an intent.

import {
  type AttemptIntent,
  type Budget,
  type Clock,
  type Ledger,
  noBudget,
  type Spending,
  type Usage,
} from "../../domain/context.ts";
import type { EndpointRecords } from "../../domain/records.ts";
import { BudgetError, StoreError } from "../../errors.ts";
import { type Json, renderCanonical } from "../../keys/canonical.ts";
import { computeDigest } from "../../keys/digest.ts";
import type { Connection } from "../database.ts";
import type { StageTable } from "../stages.ts";
import { createDamageError } from "../witness/damage.ts";
import type { Writer } from "../writer.ts";
import { createEndpointRecords } from "./endpoints.ts";

export interface AttemptTable {
  /** The ledger of one stage. */
  createLedger(stage: string): Ledger;
  /** The id of an intended attempt. */
  find(stageId: number, key: string): number;
  /** Within a transaction: the attempt has brought its rows. */
  close(stageId: number, key: string, brought: Brought): void;
  /** After that transaction: what was known of its use need not be held any longer. */
  forget(stageId: number, key: string): void;
  /** Within a transaction: whatever the stage had begun has brought what it was for. */
  closeAll(stageId: number): void;
  /** What a dead process had sent: nobody knows what became of it. Call it before anything is intended. */
  markUnknown(): void;
  readSpending(): Spending;
  /** What the endpoints that attempts are sent to were found to be. */
  readonly endpoints: EndpointRecords;
}

interface Brought {
  readonly id: number;
  /** Of the rows; null where there are none to count. */
  readonly tokenCount: number | null;
  /** Of its rows as they were written; null where there are none. */
  readonly digest: string | null;
}

interface AttemptParts {
  readonly writer: Writer;
  readonly stages: StageTable;
  readonly clock: Clock;
  readonly budget?: Partial<Budget> | undefined;
}

export function createAttemptTable(
  connection: Connection,
  { writer, stages, clock, budget }: AttemptParts,
): AttemptTable {
  const statements = prepareStatements(connection);
  const caps = { ...noBudget, ...budget };
  const isCapped = Object.values(caps).some((cap) => cap !== null);
  const usageByAttempt = new Map<string, Usage>();
  const nameOf = (stageId: number, key: string): string => `${stageId} ${key}`;
  // Whoever watches may look once more after the run was closed.
  let latest: Spending = { spent: { usd: 0, requests: 0, tokens: 0 }, reserved: { usd: 0, tokens: 0 } };
  const readSums = createSpendingReader(connection);
  const readSpending = (): Spending => {
    if (connection.open) latest = readSums();
    return latest;
  };

  const find = (stageId: number, key: string): number => {
    const id = statements.find.get(stageId, key);
    if (id === undefined) throw new StoreError(`attempt ${key} was never intended`, { where: connection.name });
    return id;
  };
  const intend = (stageId: number, { key, rowCount, isOutside, costUsd = 0, tokenCount = 0 }: AttemptIntent): void => {
    const [state, outside] = isOutside ? ["sent", 1] : ["planned", 0];
    statements.intend.run(stageId, key, rowCount, state, outside, costUsd, costUsd, tokenCount, clock.now());
  };
  const close = (stageId: number, key: string, { id, tokenCount, digest }: Brought): void => {
    const usage = usageByAttempt.get(nameOf(stageId, key));
    const now = clock.now();
    if (usage === undefined) statements.finish.run(now, tokenCount ?? 0, digest, id);
    else {
      const { promptTokens: prompt, usd, url } = usage;
      const written = usage.completionTokens ?? tokenCount;
      const tokens = prompt === null || written === null ? null : prompt + written;
      statements.finishUsed.run(now, url, tokens, prompt ?? 0, usd, usd, digest, id);
    }
  };

  const createLedger = (stage: string): Ledger => ({
    intend: (attempt) =>
      writer
        .write(() => {
          const over = attempt.isOutside && isCapped ? findExcess(caps, readSpending(), attempt) : null;
          if (over === null) intend(stages.idOf(stage), attempt);
          return over;
        })
        .then(throwRefusal),
    settle: (key, { state, reason }) =>
      writer.write(
        () => void statements.settle.run({ stage: stages.idOf(stage), key, state, reason, now: clock.now() }),
      ),
    account: (key, usage) => void usageByAttempt.set(nameOf(stages.idOf(stage), key), usage),
    async record(key, answer) {
      const stageId = stages.idOf(stage);
      const value = renderCanonical(answer);
      await writer.write(() => {
        const id = find(stageId, key);
        close(stageId, key, { id, tokenCount: null, digest: null });
        statements.record.run(id, value, computeDigest(value));
      });
      usageByAttempt.delete(nameOf(stageId, key));
    },
    recall(key) {
      const found = statements.recall.get(stages.idOf(stage), key);
      if (found === undefined) return undefined;
      if (computeDigest(found.value) !== found.value_sha256) {
        throw createDamageError(`the answer of attempt ${key} is damaged`, connection.name);
      }
      return JSON.parse(found.value) as Json;
    },
  });

  return {
    createLedger,
    find,
    close,
    forget: (stageId, key) => void usageByAttempt.delete(nameOf(stageId, key)),
    markUnknown: () => connection.exec("UPDATE attempt SET state = 'unknown' WHERE state = 'sent'"),
    closeAll: (stageId) => void statements.finishAll.run(clock.now(), stageId),
    readSpending,
    endpoints: createEndpointRecords(connection, { writer, stages, clock }),
  };
}

/** By place and not by name where a request needs them: that is twice as quick. */
function prepareStatements(connection: Connection) {
  return {
    // What was sent and never answered may be paid twice once it is sent again: its price and tokens stay counted. What is
    // only announced again, because it is under way since an earlier process, is no further request.
    intend: connection.prepare(
      `INSERT INTO attempt (stage_id, key, row_count, state, is_outside, try_usd, cost_usd, try_token_count, intended_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (stage_id, key) DO UPDATE SET state = excluded.state, reason = NULL, try_count = try_count + 1 - (is_outside = 1 AND excluded.state = 'planned'),
         repeat_count = repeat_count + (is_outside = 1 AND state IN ('sent', 'unknown')),
         token_count = token_count + try_token_count, try_token_count = excluded.try_token_count,
         try_usd = excluded.try_usd, cost_usd = cost_usd + excluded.try_usd, intended_ms = excluded.intended_ms, closed_ms = NULL`,
    ),
    find: connection.prepare<[number, string], number>("SELECT id FROM attempt WHERE stage_id = ? AND key = ?").pluck(),
    finishAll: connection.prepare(
      "UPDATE attempt SET state = 'done', closed_ms = ? WHERE stage_id = ? AND state IN ('planned', 'sent', 'unknown')",
    ),
    finish: connection.prepare(
      `UPDATE attempt SET state = 'done', closed_ms = ?, token_count = token_count + ?, try_token_count = 0, rows_sha256 = ?
       WHERE id = ?`,
    ),
    // What nobody counted stays as it was reserved: a budget of tokens is none if it can be passed by saying nothing.
    finishUsed: connection.prepare(
      `UPDATE attempt SET state = 'done', closed_ms = ?, url = ?, token_count = token_count + coalesce(?, try_token_count),
         prompt_token_count = prompt_token_count + ?, try_token_count = 0,
         cost_usd = cost_usd - try_usd + ?, try_usd = ?, rows_sha256 = ?
       WHERE id = ?`,
    ),
    // What was certainly not billed is given back; what has been answered was billed, whatever becomes of it.
    settle: connection.prepare(
      `UPDATE attempt SET state = @state, reason = @reason, closed_ms = @now,
         cost_usd = cost_usd - CASE @state WHEN 'unknown' THEN 0 ELSE try_usd END, try_usd = 0,
         token_count = token_count + CASE @state WHEN 'unknown' THEN try_token_count ELSE 0 END, try_token_count = 0
       WHERE stage_id = @stage AND key = @key AND state IN ('planned', 'sent', 'unknown')`,
    ),
    record: connection.prepare("INSERT OR REPLACE INTO answer (attempt_id, value, value_sha256) VALUES (?, ?, ?)"),
    recall: connection.prepare<[number, string], { readonly value: string; readonly value_sha256: string }>(
      `SELECT value, value_sha256 FROM answer JOIN attempt ON attempt.id = answer.attempt_id
       WHERE stage_id = ? AND key = ?`,
    ),
  };
}

interface Sums {
  readonly usd: number;
  readonly requests: number;
  readonly tokens: number;
  readonly reservedUsd: number;
  readonly reservedTokens: number;
}

/** What is spent and what is reserved, told apart: the same for the run's writer and for whoever reads beside it. */
export function createSpendingReader(connection: Connection): () => Spending {
  const sums = connection.prepare<[], Sums>(
    "SELECT usd, requests, tokens, reserved_usd AS reservedUsd, reserved_tokens AS reservedTokens FROM spending",
  );
  return () => {
    const { usd, requests, tokens, reservedUsd, reservedTokens } = sums.get() as Sums;
    return {
      spent: { usd: roundUsd(usd - reservedUsd), requests, tokens: tokens - reservedTokens },
      reserved: { usd: roundUsd(reservedUsd), tokens: reservedTokens },
    };
  };
}

/** Sums of many small prices: a billionth of a dollar is nobody's, be it owed or owing. */
const roundUsd = (usd: number): number => Math.max(0, Math.round(usd * 1e9) / 1e9);

function throwRefusal(refusal: BudgetError | null): void {
  if (refusal !== null) throw refusal;
}

/** The budget that an intent would exceed; a cent's millionth is nobody's. */
function findExcess(
  budget: Budget,
  { spent: paid, reserved }: Spending,
  { costUsd = 0, tokenCount = 0 }: AttemptIntent,
): BudgetError | null {
  const spent = { ...paid, usd: paid.usd + reserved.usd, tokens: paid.tokens + reserved.tokens };
  const asked = { usd: costUsd, requests: 1, tokens: tokenCount };
  for (const unit of ["usd", "requests", "tokens"] as const) {
    const cap = budget[unit];
    if (cap === null || spent[unit] + asked[unit] <= cap + 1e-9) continue;
    const show = (amount: number): string => (unit === "usd" ? `$${Number(amount.toFixed(6))}` : `${amount} ${unit}`);
    const what = `the budget of ${show(cap)} is reached: ${show(spent[unit])} are spent or reserved, the next request may take ${show(asked[unit])}`;
    return new BudgetError(what, {
      where: `budget.${unit}`,
      next:
        unit === "usd" ? "raise it with refeed resume --max-cost <dollars>" : `raise budget.${unit} in the experiment`,
    });
  }
  return null;
}
