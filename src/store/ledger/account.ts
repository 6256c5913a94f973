// What left the process, over a whole run: spent, reserved and possibly paid, and the budget it is held against. Summed from
// the ledger when somebody first asks and kept along with it from then on; where the database took something back, summed anew.

import {
  type Amount,
  type Answered,
  type AttemptIntent,
  type Budget,
  noBudget,
  type Spending,
} from "../../domain/context.ts";
import { BudgetError } from "../../errors.ts";
import type { Connection } from "../database.ts";

/**
 * total: everything that may have been billed. Of it, reserved: of requests under way. unseen: of those that nobody saw an
 * answer of. What neither has is spent.
 */
export type Part = "total" | "reserved" | "unseen";

export interface Account {
  read(): Spending;
  /** By the ids of stages: what was answered for them. */
  readAnswered(): ReadonlyMap<number, Answered>;
  /** Within a transaction: so much more, or less. */
  add(part: Part, amount: Amount): void;
  /** Within a transaction: so many requests more of the stage were answered, and they were billed so much more. */
  addAnswer(stageId: number, calls: number, usd: number): void;
  /** What was added is not to be relied on: the transaction was rolled back. */
  forget(): void;
  /** The budget that an intent would exceed, null where it fits. */
  findExcess(attempt: AttemptIntent): BudgetError | null;
}

type Sums = Readonly<Record<Part, Record<keyof Amount, number>>>;

export function createAccount(connection: Connection, budget: Partial<Budget> | undefined): Account {
  const caps = { ...noBudget, ...budget };
  const isCapped = Object.values(caps).some((cap) => cap !== null);
  const sum = prepareSum(connection, true);
  const tally = prepareTally(connection);
  let sums: Sums | undefined;
  let answered: Map<number, { calls: number; usd: number }> | undefined;
  // Whoever watches may look once more after the run was closed.
  let latest = createSums();
  const readSums = (): Sums => {
    if (connection.open) latest = sums ??= sum();
    return latest;
  };
  return {
    read: () => createSpending(readSums()),
    add(part, { usd, requests, tokens }) {
      if (sums === undefined) return;
      const changed = sums[part];
      changed.usd += usd;
      changed.requests += requests;
      changed.tokens += tokens;
    },
    readAnswered() {
      if (connection.open) answered ??= tally();
      return answered ?? new Map();
    },
    addAnswer(stageId, calls, usd) {
      if (answered === undefined) return;
      const stage = answered.get(stageId);
      if (stage === undefined) answered.set(stageId, { calls, usd });
      else {
        stage.calls += calls;
        stage.usd += usd;
      }
    },
    forget() {
      sums = undefined;
      answered = undefined;
    },
    findExcess: (attempt) => (attempt.isOutside && isCapped ? findExcess(caps, readSums(), attempt) : null),
  };
}

function createSums(): Sums {
  const none = { usd: 0, requests: 0, tokens: 0 };
  return { total: { ...none }, reserved: { ...none }, unseen: { ...none } };
}

/** The same for whoever reads beside the run's writer; what a writer that is dead had under way, nobody will see an answer of. */
export function readSpending(connection: Connection, isAlive: boolean): Spending {
  return createSpending(prepareSum(connection, isAlive)());
}

/** Attempts that leave the process and have not ended. */
export const underWay = "is_outside = 1 AND state IN ('planned', 'sent') AND closed_ms IS NULL";

type SumRow = Readonly<Record<`${Part}${"Usd" | "Requests" | "Tokens"}`, number>>;

function prepareSum(connection: Connection, isAlive: boolean): () => Sums {
  const [reserved, unseen] = isAlive ? [underWay, "state = 'unknown'"] : ["0", `state = 'unknown' OR (${underWay})`];
  const sum = connection.prepare<[], SumRow>(
    `SELECT total(cost_usd) AS totalUsd, total(try_count) AS totalRequests, total(token_count + try_token_count) AS totalTokens,
       total(iif(${reserved}, try_usd, 0)) AS reservedUsd, total(iif(${reserved}, 1, 0)) AS reservedRequests,
       total(iif(${reserved}, try_token_count, 0)) AS reservedTokens,
       total(unseen_usd + iif(${unseen}, try_usd, 0)) AS unseenUsd,
       total(repeat_count + iif(${unseen}, 1, 0)) AS unseenRequests,
       total(unseen_token_count + iif(${unseen}, try_token_count, 0)) AS unseenTokens
     FROM attempt WHERE is_outside = 1`,
  );
  return () => {
    const row = sum.get() as SumRow;
    const read = (part: Part) => ({
      usd: row[`${part}Usd`],
      requests: row[`${part}Requests`],
      tokens: row[`${part}Tokens`],
    });
    return { total: read("total"), reserved: read("reserved"), unseen: read("unseen") };
  };
}

/**
 * What proves an endpoint: it is called so and brings no rows. A row may be called so too, in a run of an older version.
 */
export const renderProof = (table: string): string => `(${table}.row_count = 0 AND ${table}.key GLOB 'probe/*')`;

/** Attempts that were answered, proofs not counted: they tell nothing of what the endpoint's work costs. */
export const answeredWork = `is_outside = 1 AND state = 'done' AND NOT ${renderProof("attempt")}`;

/** Stages that are not finished and hold answers that were paid for; those of a disowned one are worth nothing any more. */
export const holdsPaidWork = `state NOT IN ('done', 'stale') AND inputs_sha256 IS NOT ''
  AND EXISTS (SELECT 1 FROM attempt WHERE stage_id = stage.id AND ${answeredWork})`;

/** True where only its row count tells an attempt from a proof. */
export const mayBeProof = (key: string): boolean => key.startsWith("probe/");

function prepareTally(connection: Connection): () => Map<number, { calls: number; usd: number }> {
  const tally = connection.prepare<[], { readonly id: number; readonly calls: number; readonly usd: number }>(
    `SELECT stage_id AS id, count(*) AS calls, total(try_usd) AS usd FROM attempt WHERE ${answeredWork} GROUP BY stage_id`,
  );
  return () => new Map(tally.all().map(({ id, calls, usd }) => [id, { calls, usd }]));
}

function createSpending({ total, reserved, unseen }: Sums): Spending {
  const spent = {
    usd: roundUsd(total.usd - reserved.usd - unseen.usd),
    requests: total.requests - reserved.requests - unseen.requests,
    tokens: total.tokens - reserved.tokens - unseen.tokens,
  };
  const round = (amount: Amount): Amount => ({ ...amount, usd: roundUsd(amount.usd) });
  return { spent, reserved: round(reserved), possiblyPaid: round(unseen) };
}

/** Sums of many small prices: a billionth of a dollar is nobody's, be it owed or owing. */
const roundUsd = (usd: number): number => Math.max(0, Math.round(usd * 1e9) / 1e9);

function findExcess(budget: Budget, sums: Sums, { costUsd = 0, tokenCount = 0 }: AttemptIntent): BudgetError | null {
  const asked = { usd: costUsd, requests: 1, tokens: tokenCount };
  for (const unit of ["usd", "requests", "tokens"] as const) {
    const cap = budget[unit];
    if (cap === null || sums.total[unit] + asked[unit] <= cap + 1e-9) continue;
    const show = (amount: number): string =>
      unit === "usd" ? `$${Number(amount.toFixed(6))}` : `${amount} ${amount === 1 ? unit.slice(0, -1) : unit}`;
    const { spent, reserved, possiblyPaid } = createSpending(sums);
    const held = [
      `${show(spent[unit])} spent`,
      ...(reserved[unit] > 0 ? [`${show(reserved[unit])} reserved for requests under way`] : []),
      ...(possiblyPaid[unit] > 0 ? [`${show(possiblyPaid[unit])} possibly paid`] : []),
    ];
    const what = `the budget of ${show(cap)} is reached: ${held.join(", ")}; the next request may take ${show(asked[unit])}`;
    return new BudgetError(what, {
      where: `budget.${unit}`,
      next: unit === "usd" ? "raise it with --max-cost <dollars>" : `raise budget.${unit} in the experiment`,
      unit,
      // Sums of dollars leave a rest where nothing is under way any more.
      isFull: reserved.requests > 0 && reserved[unit] > 0,
    });
  }
  return null;
}
