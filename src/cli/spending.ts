// What a run has spent and reserved, as its live line and its status tell it, and what it will come to.

import type { Budget, Spending } from "../domain/context.ts";

export interface Expectation {
  /** When this process began. */
  readonly atStart: Spending;
  /** What the stages still to be run were expected to send then. */
  readonly outside: { readonly calls: number; readonly usd: number };
  readonly budget: Partial<Budget>;
}

/** Calls after which their mean says more than the estimate. */
const tellingCalls = 20;

/** US dollars that the run will have cost at its end: the calls left at what those of this process cost. */
export function projectCost({ spent, reserved }: Spending, { atStart, outside }: Expectation): number {
  const usd = spent.usd + reserved.usd;
  const before = atStart.spent.usd + atStart.reserved.usd;
  const made = spent.requests - atStart.spent.requests;
  if (made < tellingCalls) return Math.max(usd, before + outside.usd);
  return usd + (Math.max(0, outside.calls - made) * (usd - before)) / made;
}

/** `, $0.42 of $5 spent (9 requests, 900 tokens), about $1.30 at the end`; empty where nothing has left the process. */
export function renderSpending(spending: Spending, expectation: Expectation, isOver: boolean): string {
  const { usd, requests, tokens } = spending.spent;
  const { budget, outside } = expectation;
  if (requests === 0) return "";
  const projected = projectCost(spending, expectation);
  if (projected === 0 && (budget.usd ?? null) === null) {
    const expected = expectation.atStart.spent.requests + outside.calls;
    return outside.calls > 0
      ? `, ${requests} of about ${count(expected, "request")}`
      : `, ${count(requests, "request")}`;
  }
  const cap = (budget.usd ?? null) === null ? "" : ` of ${renderUsd(budget.usd as number)}`;
  const held = renderReserved(spending, (dollars, tokenCount) => `, ${dollars} reserved (${tokenCount})`);
  const end = isOver ? "" : `, about ${renderUsd(projected)} at the end`;
  return `, ${renderUsd(usd)}${cap} spent (${count(requests, "request")}, ${count(tokens, "token")})${held}${end}`;
}

/** `spent: $0.42 (9 requests, 900 tokens); reserved: $0.03 (300 tokens)`: the latter where anything is. */
export function renderSpent(spending: Spending): string {
  const { usd, requests, tokens } = spending.spent;
  const held = renderReserved(spending, (dollars, tokenCount) => `; reserved: ${dollars} (${tokenCount})`);
  return `spent: ${renderUsd(usd)} (${count(requests, "request")}, ${count(tokens, "token")})${held}`;
}

function renderReserved({ reserved }: Spending, render: (usd: string, tokens: string) => string): string {
  const { usd, tokens } = reserved;
  return usd === 0 && tokens === 0 ? "" : render(renderUsd(usd), count(tokens, "token"));
}

/** `1 request`, `2 requests`. */
function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Cents where there are some, and two digits of what is less. */
function renderUsd(usd: number): string {
  return usd >= 0.1 || usd === 0 ? `$${usd.toFixed(2)}` : `$${Number(usd.toPrecision(2))}`;
}
