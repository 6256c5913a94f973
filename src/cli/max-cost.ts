// The value of --max-cost: US dollars.

import { UsageError } from "../errors.ts";

export function parseCost(text: string): number {
  const usd = /^\$?(?:\d+(?:\.\d*)?|\.\d+)$/.test(text) ? Number(text.replace("$", "")) : Number.NaN;
  if (Number.isFinite(usd)) return usd;
  const what = `${JSON.stringify(text)} is no amount of US dollars`;
  throw new UsageError(what, { where: "--max-cost", next: "for example --max-cost 2.50" });
}
