// What left the process, over a whole run: spent and reserved, and the budget it is held against. Summed from the ledger
// when somebody first asks and kept along with it from then on; where the database took something back, summed anew.

import { type AttemptIntent, type Budget, noBudget, type Spending } from "../../domain/context.ts";
import { BudgetError } from "../../errors.ts";
import type { Connection } from "../database.ts";

/** Over attempts that leave the process, or what one of them changes of it. */
export interface Sums {
  /** US dollars, tokens: what is reserved included. */
  usd: number;
  requests: number;
  tokens: number;
  reservedUsd: number;
  reservedTokens: number;
}

export interface Account {
  read(): Spending;
  /** Within a transaction. */
  add(change: Readonly<Sums>): void;
  /** What was added is not to be relied on: the transaction was rolled back. */
  forget(): void;
  /** The budget that an intent would exceed, null where it fits. */
  findExcess(attempt: AttemptIntent): BudgetError | null;
}

export function createAccount(connection: Connection, budget: Partial<Budget> | undefined): Account {
  const caps = { ...noBudget, ...budget };
  const isCapped = Object.values(caps).some((cap) => cap !== null);
  const sum = prepareSum(connection);
  let sums: Sums | undefined;
  // Whoever watches may look once more after the run was closed.
  let latest: Sums = { usd: 0, requests: 0, tokens: 0, reservedUsd: 0, reservedTokens: 0 };
  const readSums = (): Sums => {
    if (connection.open) latest = sums ??= sum();
    return latest;
  };
  return {
    read: () => createSpending(readSums()),
    add(change) {
      if (sums === undefined) return;
      sums.usd += change.usd;
      sums.requests += change.requests;
      sums.tokens += change.tokens;
      sums.reservedUsd += change.reservedUsd;
      sums.reservedTokens += change.reservedTokens;
    },
    forget() {
      sums = undefined;
    },
    findExcess: (attempt) => (attempt.isOutside && isCapped ? findExcess(caps, readSums(), attempt) : null),
  };
}

/** The same for whoever reads beside the run's writer. */
export function readSpending(connection: Connection): Spending {
  return createSpending(prepareSum(connection)());
}

function prepareSum(connection: Connection): () => Sums {
  const sum = connection.prepare<[], Sums>(
    `SELECT coalesce(sum(cost_usd), 0) AS usd, coalesce(sum(try_count), 0) AS requests,
       coalesce(sum(token_count + try_token_count), 0) AS tokens,
       coalesce(sum(iif(closed_ms IS NULL, try_usd, 0)), 0) AS reservedUsd,
       coalesce(sum(iif(closed_ms IS NULL, try_token_count, 0)), 0) AS reservedTokens
     FROM attempt WHERE is_outside = 1`,
  );
  return () => ({ ...(sum.get() as Sums) });
}

function createSpending({ usd, requests, tokens, reservedUsd, reservedTokens }: Sums): Spending {
  return {
    spent: { usd: roundUsd(usd - reservedUsd), requests, tokens: tokens - reservedTokens },
    reserved: { usd: roundUsd(reservedUsd), tokens: reservedTokens },
  };
}

/** Sums of many small prices: a billionth of a dollar is nobody's, be it owed or owing. */
const roundUsd = (usd: number): number => Math.max(0, Math.round(usd * 1e9) / 1e9);

function findExcess(
  budget: Budget,
  sums: Readonly<Sums>,
  { costUsd = 0, tokenCount = 0 }: AttemptIntent,
): BudgetError | null {
  const asked = { usd: costUsd, requests: 1, tokens: tokenCount };
  for (const unit of ["usd", "requests", "tokens"] as const) {
    const cap = budget[unit];
    if (cap === null || sums[unit] + asked[unit] <= cap + 1e-9) continue;
    const show = (amount: number): string =>
      unit === "usd" ? `$${Number(amount.toFixed(6))}` : `${amount} ${amount === 1 ? unit.slice(0, -1) : unit}`;
    const held = { usd: sums.reservedUsd, requests: 0, tokens: sums.reservedTokens }[unit];
    const part = held > 1e-9 ? ` (${show(held)} of it for requests under way or never answered)` : "";
    const what = `the budget of ${show(cap)} is reached: ${show(sums[unit])} are spent or reserved${part}, the next request may take ${show(asked[unit])}`;
    return new BudgetError(what, {
      where: `budget.${unit}`,
      next:
        unit === "usd" ? "raise it with refeed resume --max-cost <dollars>" : `raise budget.${unit} in the experiment`,
    });
  }
  return null;
}
