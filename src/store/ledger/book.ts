// The rows of the ledger, one write each: an attempt is intended, intended again, closed by what it brought, or settled
// without. What an attempt under way has reserved is remembered, so that its end reads nothing. All of it happens within
// transactions of the writer; when one of them may commit, and whose usage it is, others know.

import type { AttemptEnd, AttemptIntent, Clock, Usage } from "../../domain/context.ts";
import { StoreError } from "../../errors.ts";
import type { Connection } from "../database.ts";
import type { Account, Sums } from "./account.ts";

export interface AttemptBook {
  intend(stageId: number, attempt: AttemptIntent): void;
  /** The id of an intended attempt; throws StoreError for any other. */
  find(stageId: number, key: string): number;
  close(stageId: number, key: string, result: AttemptResult): void;
  settle(stageId: number, key: string, end: AttemptEnd): void;
  /** Whatever the stage had begun has brought what it was for. */
  closeAll(stageId: number): void;
  /** A transaction was rolled back: what is remembered is read again. */
  doubt(): void;
}

export interface AttemptResult {
  readonly usage: Usage | undefined;
  /** Of the rows; null where there are none to count. */
  readonly tokenCount: number | null;
  /** Of its rows as they were written; null where there are none. */
  readonly digest: string | null;
}

/** An attempt as far as its next try or its end needs to know it. */
interface OpenAttempt {
  readonly id: number;
  readonly isOutside: number;
  /** Reserved as long as it is not closed. */
  readonly isOpen: number;
  readonly tryUsd: number;
  readonly tryTokens: number;
}

/** What an attempt holds for its latest try. */
type Reserved = Readonly<Record<"usd" | "tokens", number>>;

const nothing: Reserved = { usd: 0, tokens: 0 };

export function createAttemptBook(
  connection: Connection,
  { clock, account }: { readonly clock: Clock; readonly account: Account },
): AttemptBook {
  const statements = prepareStatements(connection);
  const openByName = new Map<string, OpenAttempt>();
  const nameOf = (stageId: number, key: string): string => `${stageId} ${key}`;
  const doubt = (): void => {
    openByName.clear();
    account.forget();
  };

  /** undefined where it was never intended. */
  const lookUp = (stageId: number, key: string): OpenAttempt | undefined =>
    openByName.get(nameOf(stageId, key)) ?? statements.find.get(stageId, key);
  const find = (stageId: number, key: string): OpenAttempt => {
    const open = lookUp(stageId, key);
    if (open === undefined) throw new StoreError(`attempt ${key} was never intended`, { where: connection.name });
    return open;
  };
  /** What an attempt costs from now on; what stays in the process costs nothing. */
  const charge = (open: OpenAttempt, change: Pick<Sums, "usd" | "requests" | "tokens">, reserved: Reserved): void => {
    if (open.isOutside === 0) return;
    const reservedUsd = reserved.usd - open.isOpen * open.tryUsd;
    const reservedTokens = reserved.tokens - open.isOpen * open.tryTokens;
    account.add({ ...change, reservedUsd, reservedTokens });
  };

  const intend = (stageId: number, attempt: AttemptIntent): void => {
    const { key, rowCount, costUsd: usd = 0, tokenCount: tokens = 0 } = attempt;
    const [state, isOutside] = attempt.isOutside ? ["sent", 1] : ["planned", 0];
    const now = clock.now();
    const made = statements.intend.run(stageId, key, rowCount, state, isOutside, usd, usd, tokens, now);
    let open = { id: Number(made.lastInsertRowid), isOutside, isOpen: 0, tryUsd: 0, tryTokens: 0 };
    if (made.changes === 0) {
      open = find(stageId, key);
      statements.intendAgain.run({ id: open.id, state, usd, tokens, now });
    }
    // What is only announced again, because it is under way since an earlier process, is no further request.
    charge(open, { usd, requests: isOutside, tokens }, { usd, tokens });
    openByName.set(nameOf(stageId, key), { ...open, isOpen: 1, tryUsd: usd, tryTokens: tokens });
  };
  const close = (stageId: number, key: string, { usage, tokenCount, digest }: AttemptResult): void => {
    const open = find(stageId, key);
    const { id, tryUsd, tryTokens } = open;
    openByName.delete(nameOf(stageId, key));
    const now = clock.now();
    if (usage === undefined) {
      statements.finish.run(now, tokenCount ?? 0, digest, id);
      charge(open, { usd: 0, requests: 0, tokens: (tokenCount ?? 0) - tryTokens }, nothing);
      return;
    }
    const { promptTokens, usd, url } = usage;
    const written = usage.completionTokens ?? tokenCount;
    // What nobody counted stays as it was reserved: a budget of tokens is none if it can be passed by saying nothing.
    const tokens = promptTokens === null || written === null ? tryTokens : promptTokens + written;
    statements.finishUsed.run(now, url, tokens, promptTokens ?? 0, usd, usd, digest, id);
    charge(open, { usd: usd - tryUsd, requests: 0, tokens: tokens - tryTokens }, nothing);
  };
  const settle = (stageId: number, key: string, { state, reason }: AttemptEnd): void => {
    const open = lookUp(stageId, key);
    if (open === undefined) return;
    openByName.delete(nameOf(stageId, key));
    if (statements.settle.run({ id: open.id, state, reason, now: clock.now() }).changes === 0) return;
    // What was certainly not billed is given back; what has been answered was billed, whatever becomes of it.
    const { usd, tokens } = state === "unknown" ? nothing : { usd: -open.tryUsd, tokens: -open.tryTokens };
    charge(open, { usd, requests: 0, tokens }, nothing);
  };

  return {
    intend,
    find: (stageId, key) => find(stageId, key).id,
    close,
    settle,
    closeAll(stageId) {
      for (const { key, ...open } of statements.finishAll.all(clock.now(), stageId)) {
        openByName.delete(nameOf(stageId, key));
        charge(open, { usd: 0, requests: 0, tokens: 0 }, nothing);
      }
    },
    doubt,
  };
}

/** By place and not by name where a request needs them: that is twice as quick. */
function prepareStatements(connection: Connection) {
  return {
    intend: connection.prepare(
      `INSERT INTO attempt (stage_id, key, row_count, state, is_outside, try_usd, cost_usd, try_token_count, intended_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (stage_id, key) DO NOTHING`,
    ),
    // What was sent and never answered may be paid twice once it is sent again: its price and tokens stay counted.
    intendAgain: connection.prepare(
      `UPDATE attempt SET state = @state, reason = NULL, try_count = try_count + 1 - (is_outside = 1 AND @state = 'planned'),
         repeat_count = repeat_count + (is_outside = 1 AND state IN ('sent', 'unknown')),
         token_count = token_count + try_token_count, try_token_count = @tokens,
         try_usd = @usd, cost_usd = cost_usd + @usd, intended_ms = @now, closed_ms = NULL
       WHERE id = @id`,
    ),
    find: connection.prepare<[number, string], OpenAttempt>(
      `SELECT id, is_outside AS isOutside, closed_ms IS NULL AS isOpen, try_usd AS tryUsd, try_token_count AS tryTokens
       FROM attempt WHERE stage_id = ? AND key = ?`,
    ),
    // Those that were closed as unknown hold nothing any more, so that all may count as open.
    finishAll: connection.prepare<[number, number], OpenAttempt & { readonly key: string }>(
      `UPDATE attempt SET state = 'done', closed_ms = ? WHERE stage_id = ? AND state IN ('planned', 'sent', 'unknown')
       RETURNING key, id, is_outside AS isOutside, 1 AS isOpen, try_usd AS tryUsd, try_token_count AS tryTokens`,
    ),
    finish: connection.prepare(
      `UPDATE attempt SET state = 'done', closed_ms = ?, token_count = token_count + ?, try_token_count = 0, rows_sha256 = ?
       WHERE id = ?`,
    ),
    finishUsed: connection.prepare(
      `UPDATE attempt SET state = 'done', closed_ms = ?, url = ?, token_count = token_count + ?,
         prompt_token_count = prompt_token_count + ?, try_token_count = 0,
         cost_usd = cost_usd - try_usd + ?, try_usd = ?, rows_sha256 = ?
       WHERE id = ?`,
    ),
    settle: connection.prepare(
      `UPDATE attempt SET state = @state, reason = @reason, closed_ms = @now,
         cost_usd = cost_usd - CASE @state WHEN 'unknown' THEN 0 ELSE try_usd END, try_usd = 0,
         token_count = token_count + CASE @state WHEN 'unknown' THEN try_token_count ELSE 0 END, try_token_count = 0
       WHERE id = @id AND state IN ('planned', 'sent', 'unknown')`,
    ),
  };
}
