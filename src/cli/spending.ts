// What a run has spent, reserved and possibly paid, as its live line, its status and its plan tell it, and what it will come
// to. The numbers are the ledger's; there are no others.

import type { Amount, Budget, Spending } from "../domain/context.ts";
import type { Forecast } from "../experiment/outlook/forecast.ts";

export interface Outlook {
  readonly budget: Partial<Budget>;
  /** Still to come. */
  readonly forecast: Forecast;
}

/** What a run will have taken at its end. */
export type Projected = Omit<Amount, "tokens">;

/** What is under way is among what is still to come. */
export function projectCost({ spent, possiblyPaid }: Spending, { calls, usd }: Forecast): Projected {
  return {
    usd: spent.usd + possiblyPaid.usd + usd,
    requests: spent.requests + possiblyPaid.requests + Math.round(calls),
  };
}

/**
 * `, $0.42 of $5 spent (9 of 50 requests, 900 tokens), at most $0.03 reserved (3 requests, 300 tokens), about $1.30 at the
 * end`; empty where nothing has left the process.
 */
export function renderSpending(spending: Spending, { budget, forecast }: Outlook, isOver: boolean): string {
  if (!hasLeft(spending)) return "";
  const { spent, reserved, possiblyPaid } = spending;
  const projected = projectCost(spending, forecast);
  const { usd: cap = null } = budget;
  const counted = renderCounted(spent, budget);
  const held = `${renderHeld(reserved, "reserved")}${renderHeld(possiblyPaid, "possibly paid")}`;
  if (cap !== null || projected.usd > 0 || reserved.usd > 0) {
    const end = isOver ? "" : `, about ${renderUsd(projected.usd)} at the end`;
    return `, ${renderUsd(spent.usd)}${cap === null ? "" : ` of ${renderUsd(cap)}`} spent (${counted})${held}${end}`;
  }
  const isCapped = (budget.requests ?? null) !== null || (budget.tokens ?? null) !== null;
  const end = isOver ? "" : `, about ${count(projected.requests, "request")} at the end`;
  if (isCapped) return `, ${counted}${held}${end}`;
  if (isOver || projected.requests <= spent.requests) return `, ${count(spent.requests, "request")}`;
  return `, ${spent.requests} of about ${count(projected.requests, "request")}`;
}

/**
 * `spent: $0.42 of $5.00 (9 requests, 900 tokens); reserved: at most $0.03 (3 requests, 300 tokens); about $1.30 at the end`:
 * of the others those that are, caps where there are some, the end where it is known.
 */
export function renderSpent(
  spending: Spending,
  { budget = {}, projected = null }: { readonly budget?: Partial<Budget>; readonly projected?: Projected | null } = {},
): string {
  const { spent, reserved, possiblyPaid } = spending;
  const { usd: cap = null } = budget;
  const isPaid = cap !== null || spent.usd > 0 || (projected?.usd ?? 0) > 0;
  const parts = [
    `spent: ${renderUsd(spent.usd)}${cap === null ? "" : ` of ${renderUsd(cap)}`} (${renderCounted(spent, budget)})`,
    ...(isNothing(reserved) ? [] : [`reserved: at most ${renderUsd(reserved.usd)} (${renderCounted(reserved)})`]),
    ...(isNothing(possiblyPaid)
      ? []
      : [`possibly paid: at most ${renderUsd(possiblyPaid.usd)} (${renderCounted(possiblyPaid)})`]),
    ...(projected === null
      ? []
      : [`about ${isPaid ? renderUsd(projected.usd) : count(projected.requests, "request")} at the end`]),
  ];
  return parts.join("; ");
}

/** True where anything has left the process. */
export function hasLeft({ spent, reserved, possiblyPaid }: Spending): boolean {
  return ![spent, reserved, possiblyPaid].every(isNothing);
}

const isNothing = ({ usd, requests, tokens }: Amount): boolean => usd === 0 && requests === 0 && tokens === 0;

function renderHeld(amount: Amount, name: string): string {
  if (isNothing(amount)) return "";
  const counted = renderCounted(amount);
  return amount.usd === 0 ? `, ${counted} ${name}` : `, at most ${renderUsd(amount.usd)} ${name} (${counted})`;
}

/** `9 requests, 900 tokens`, each with its cap where there is one. */
function renderCounted(amount: Amount, caps: Partial<Budget> = {}): string {
  const parts = (["requests", "tokens"] as const).map((unit) => {
    const [number, cap, noun] = [amount[unit], caps[unit] ?? null, unit.slice(0, -1)];
    return cap === null ? count(number, noun) : `${number} of ${count(cap, noun)}`;
  });
  return parts.join(", ");
}

/** `1 request`, `2 requests`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Cents where there are some, and two digits of what is less. */
function renderUsd(usd: number): string {
  return usd >= 0.1 || usd === 0 ? `$${usd.toFixed(2)}` : `$${Number(usd.toPrecision(2))}`;
}
