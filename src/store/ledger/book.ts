// The rows of the ledger, one write each: an attempt is intended, intended again, closed by what it brought, or settled
// without. What an attempt under way has reserved is remembered, so that its end reads nothing. All of it happens within
// transactions of the writer; when one of them may commit, and whose usage it is, others know.

import type { Amount, AttemptEnd, AttemptIntent, Clock, Usage } from "../../domain/context.ts";
import { StoreError } from "../../errors.ts";
import type { Connection } from "../database.ts";
import { type Account, mayBeProof } from "./account.ts";

export interface AttemptBook {
  intend(stageId: number, attempt: AttemptIntent): void;
  /** The id of an intended attempt; throws StoreError for any other. */
  find(stageId: number, key: string): number;
  close(stageId: number, key: string, result: AttemptResult): void;
  settle(stageId: number, key: string, end: AttemptEnd): void;
  /** Whatever the stage had begun has brought what it was for. */
  closeAll(stageId: number): void;
  /** A transaction was rolled back, or attempts were ended by others: what is remembered is read again. */
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
interface KnownAttempt {
  readonly id: number;
  readonly isOutside: number;
  /** open: under way. unseen: its latest try was sent, and nobody saw an answer. answered, or closed: it ended otherwise. */
  readonly standing: "open" | "unseen" | "answered" | "closed";
  readonly tryUsd: number;
  readonly tryTokens: number;
}

const none: Amount = { usd: 0, requests: 0, tokens: 0 };

/** What the latest try of an attempt is counted as, beside the total. */
const partByStanding = { open: "reserved", unseen: "unseen", answered: null, closed: null } as const;

export function createAttemptBook(
  connection: Connection,
  { clock, account }: { readonly clock: Clock; readonly account: Account },
): AttemptBook {
  const statements = prepareStatements(connection);
  const openByName = new Map<string, KnownAttempt>();
  const doubt = (): void => {
    openByName.clear();
    account.forget();
  };

  /** undefined where it was never intended. */
  const lookUp = (stageId: number, key: string): KnownAttempt | undefined =>
    openByName.get(nameAttempt(stageId, key)) ?? statements.find.get(stageId, key);
  const find = (stageId: number, key: string): KnownAttempt => {
    const known = lookUp(stageId, key);
    if (known === undefined) throw new StoreError(`attempt ${key} was never intended`, { where: connection.name });
    return known;
  };
  /** What an attempt costs from now on, and that its latest try is not counted as it was; what stays in the process costs nothing. */
  const charge = ({ isOutside, standing, tryUsd, tryTokens }: KnownAttempt, change: Amount): void => {
    if (isOutside === 0) return;
    account.add("total", change);
    const part = partByStanding[standing];
    if (part !== null) account.add(part, { usd: -tryUsd, requests: -1, tokens: -tryTokens });
  };

  /** What proves an endpoint is read again: there are few of those. */
  const isWork = (id: number, key: string): boolean => !mayBeProof(key) || statements.readRowCount.get(id) !== 0;

  const intend = (stageId: number, attempt: AttemptIntent): void => {
    const { key, rowCount, costUsd: usd = 0, tokenCount: tokens = 0 } = attempt;
    const [state, isOutside] = attempt.isOutside ? ["sent", 1] : ["planned", 0];
    const now = clock.now();
    const made = statements.intend.run(stageId, key, rowCount, state, isOutside, usd, usd, tokens, now);
    const latest = { standing: "open", tryUsd: usd, tryTokens: tokens } as const;
    const known = made.changes === 0 ? find(stageId, key) : undefined;
    const open =
      known === undefined
        ? { id: Number(made.lastInsertRowid), isOutside, ...latest }
        : { id: known.id, isOutside: Math.max(known.isOutside, isOutside), ...latest };
    if (known !== undefined) intendAgain(known, { state, isOutside, usd, tokens, now });
    else if (isOutside === 1) account.add("total", { usd, requests: 1, tokens });
    if (open.isOutside === 1) account.add("reserved", { usd, requests: 1, tokens });
    openByName.set(nameAttempt(stageId, key), open);
  };
  const intendAgain = (known: KnownAttempt, { state, isOutside, usd, tokens, now }: Again): void => {
    const { id, standing, tryUsd, tryTokens } = known;
    const isOpen = known.isOutside === 1 && partByStanding[standing] !== null;
    // What leaves the process for the first time has cost nothing so far, whatever was announced of it.
    const isFirst = known.isOutside < isOutside;
    // What is only announced again, because it is under way since an earlier process, is no further request.
    const [isUnseen, isReplaced] = [Number(isOpen && isOutside === 1), Number(isFirst || (isOpen && isOutside === 0))];
    const sendings = known.isOutside === 1 ? isOutside : 1;
    statements.intendAgain.run({ id, state, isOutside, usd, tokens, now, sendings, isUnseen, isReplaced });
    // Neither was counted along as it counts from now on.
    if (isFirst || standing === "answered") account.forget();
    charge(known, { usd: usd - isReplaced * tryUsd, requests: sendings, tokens: tokens - isReplaced * tryTokens });
    if (isUnseen === 1) account.add("unseen", { usd: tryUsd, requests: 1, tokens: tryTokens });
  };
  const close = (stageId: number, key: string, { usage, tokenCount, digest }: AttemptResult): void => {
    const known = find(stageId, key);
    const { id, isOutside, standing, tryUsd, tryTokens } = known;
    openByName.delete(nameAttempt(stageId, key));
    if (isOutside === 1 && isWork(id, key)) {
      // What its stage was closed with is counted already: only its price may be another.
      const isCounted = standing === "answered";
      account.addAnswer(stageId, isCounted ? 0 : 1, (usage?.usd ?? tryUsd) - (isCounted ? tryUsd : 0));
    }
    const now = clock.now();
    if (usage === undefined) {
      statements.finish.run(now, tokenCount ?? 0, digest, id);
      charge(known, { usd: 0, requests: 0, tokens: (tokenCount ?? 0) - tryTokens });
      return;
    }
    const { promptTokens, usd, url } = usage;
    const written = usage.completionTokens ?? tokenCount;
    // What nobody counted stays as it was reserved: a budget of tokens is none if it can be passed by saying nothing.
    const tokens = promptTokens === null || written === null ? tryTokens : promptTokens + written;
    statements.finishUsed.run(now, url, tokens, promptTokens ?? 0, usd, usd, digest, id);
    charge(known, { usd: usd - tryUsd, requests: 0, tokens: tokens - tryTokens });
  };
  const settle = (stageId: number, key: string, { state, reason, isUnsent }: AttemptEnd): void => {
    const known = lookUp(stageId, key);
    if (known === undefined) return;
    openByName.delete(nameAttempt(stageId, key));
    const unsent = Number(isUnsent === true);
    if (statements.settle.run({ id: known.id, state, reason, unsent, now: clock.now() }).changes === 0) return;
    const { tryUsd: usd, tryTokens: tokens, isOutside } = known;
    // What was certainly not billed is given back; what has been answered was billed, whatever becomes of it.
    const isUnseen = state === "unknown";
    charge(known, isUnseen ? none : { usd: -usd, requests: -unsent, tokens: -tokens });
    if (isUnseen && isOutside === 1) account.add("unseen", { usd, requests: 1, tokens });
  };

  return {
    intend,
    find: (stageId, key) => find(stageId, key).id,
    close,
    settle,
    closeAll(stageId) {
      for (const { key, ...open } of statements.findOpen.all(stageId)) {
        openByName.delete(nameAttempt(stageId, key));
        charge(open, none);
        if (open.isOutside === 1 && isWork(open.id, key)) account.addAnswer(stageId, 1, open.tryUsd);
      }
      statements.finishAll.run(clock.now(), stageId);
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
      `UPDATE attempt SET state = @state, reason = NULL, is_outside = max(is_outside, @isOutside),
         try_count = iif(is_outside < @isOutside, 0, try_count) + @sendings,
         repeat_count = repeat_count + @isUnseen, unseen_usd = unseen_usd + @isUnseen * try_usd,
         unseen_token_count = unseen_token_count + @isUnseen * try_token_count,
         token_count = token_count + (1 - @isReplaced) * try_token_count, try_token_count = @tokens,
         cost_usd = cost_usd + @usd - @isReplaced * try_usd, try_usd = @usd, intended_ms = @now, closed_ms = NULL
       WHERE id = @id`,
    ),
    find: connection.prepare<[number, string], KnownAttempt>(
      `SELECT id, is_outside AS isOutside, ${standing} AS standing, try_usd AS tryUsd, try_token_count AS tryTokens
       FROM attempt WHERE stage_id = ? AND key = ?`,
    ),
    readRowCount: connection.prepare<[number], number>("SELECT row_count FROM attempt WHERE id = ?").pluck(),
    findOpen: connection.prepare<[number], KnownAttempt & { readonly key: string }>(
      `SELECT key, id, is_outside AS isOutside, ${standing} AS standing, try_usd AS tryUsd, try_token_count AS tryTokens
       FROM attempt WHERE stage_id = ? AND state IN ('planned', 'sent', 'unknown')`,
    ),
    finishAll: connection.prepare<[number, number]>(
      "UPDATE attempt SET state = 'done', closed_ms = ? WHERE stage_id = ? AND state IN ('planned', 'sent', 'unknown')",
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
    // What was sent and never answered stays counted, as its latest try: nobody knows that it was not billed.
    settle: connection.prepare(
      `UPDATE attempt SET state = @state, reason = @reason, closed_ms = @now, try_count = try_count - @unsent,
         cost_usd = cost_usd - CASE @state WHEN 'unknown' THEN 0 ELSE try_usd END,
         try_usd = CASE @state WHEN 'unknown' THEN try_usd ELSE 0 END,
         try_token_count = CASE @state WHEN 'unknown' THEN try_token_count ELSE 0 END
       WHERE id = @id AND state IN ('planned', 'sent', 'unknown') AND closed_ms IS NULL`,
    ),
  };
}

const standing = `CASE WHEN state = 'unknown' THEN 'unseen' WHEN closed_ms IS NULL THEN 'open'
  WHEN state = 'done' THEN 'answered' ELSE 'closed' END`;

interface Again {
  readonly state: string;
  readonly isOutside: number;
  readonly usd: number;
  readonly tokens: number;
  readonly now: number;
}

/** An attempt among those of all stages. */
export const nameAttempt = (stageId: number, key: string): string => `${stageId} ${key}`;
