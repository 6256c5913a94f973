// The value of --max-cost: US dollars.

import { UsageError } from "../errors.ts";
import type { Experiment } from "../experiment/experiment.ts";
import { listUnpriced, priceAdvice } from "../experiment/schema/endpoints.ts";

export function parseCost(text: string): number {
  const usd = /^\$?(?:\d+(?:\.\d*)?|\.\d+)$/.test(text) ? Number(text.replace("$", "")) : Number.NaN;
  if (Number.isFinite(usd)) return usd;
  const what = `${JSON.stringify(text)} is no amount of US dollars`;
  throw new UsageError(what, { where: "--max-cost", next: "for example --max-cost 2.50" });
}

/** A cap in dollars holds only where every price is known. Throws UsageError where one is not. */
export function validateCost(experiment: Experiment, maxCost: number | undefined): void {
  if (maxCost === undefined || experiment.system !== "language") return;
  const [unknown] = listUnpriced(experiment.language.endpoints ?? {});
  if (unknown === undefined) return;
  const what = `nobody knows what the endpoint ${unknown} costs, so no cap in dollars can hold`;
  throw new UsageError(what, { where: "--max-cost", next: `under endpoints.${unknown} ${priceAdvice}` });
}
