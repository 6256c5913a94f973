// What well-known hosted models cost, US dollars for a million tokens of prompt and of completion, as published price
// lists had it by the day below. A convenience for plans and budgets, with no line for what was not found published:
// endpoint.price overrides it, and what is billed is the vendor's to say.

import type { Price } from "./endpoint.ts";

/** The day the table was written. */
export const pricesDate = "2026-11-21";

export const noPrice: Price = { input: 0, output: 0, request: 0 };

type Row = readonly [input: number, output: number];

/** By the host that is asked, and by the model's name there. */
const tables: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  "api.openai.com": {
    "gpt-5.5": [5, 30],
    "gpt-5.4": [2.5, 15],
    "gpt-5.4-mini": [0.75, 4.5],
    "gpt-5.2": [1.75, 14],
    "gpt-5": [1.25, 10],
    "gpt-5-mini": [0.25, 2],
    "gpt-4.1": [2, 8],
    "gpt-4o": [2.5, 10],
    "gpt-4o-mini": [0.15, 0.6],
    "gpt-3.5-turbo": [0.5, 1.5],
    "gpt-3.5-turbo-instruct": [1.5, 2],
  },
};

/** Half of the vendor's price: what a batch that may take a day costs there. */
const batchShare = 0.5;

/** The price of a model at these addresses; null where the table does not know it. Local servers cost nothing. */
export function findPrice(
  urls: readonly string[],
  model: string | null,
  mode: "live" | "batch" = "live",
): Price | null {
  if (urls.length === 0) return noPrice;
  const hosts = urls.map((url) => (URL.canParse(url) ? new URL(url) : null));
  if (hosts.every((url) => url !== null && url.protocol === "http:")) return noPrice;
  const rows = hosts.map((url) => findRow(url?.hostname ?? "", model ?? ""));
  const [row] = rows;
  if (row === undefined || rows.some((other) => other !== row)) return null;
  const share = mode === "batch" ? batchShare : 1;
  return { input: row[0] * share, output: row[1] * share, request: 0 };
}

/** A dated name, `gpt-4o-2024-08-06`, is its family's; another member of the family has a line of its own or none. */
function findRow(host: string, model: string): Row | undefined {
  const table = Object.hasOwn(tables, host) ? tables[host]! : {};
  const name = model.replace(/-\d{4}-\d{2}-\d{2}$/, "");
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
