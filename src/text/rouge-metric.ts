// The names of the ROUGE metrics: rouge1, rouge2 and so on for n-grams, rougeL, rougeLsum.

export type RougeMetric = `rouge${number}` | "rougeL" | "rougeLsum";

/** Whether the name is a metric: "rouge" and a whole number from 1 without leading zero, "L" or "Lsum". */
export function isRougeMetric(name: string): name is RougeMetric {
  return /^rouge(?:[1-9][0-9]{0,3}|L|Lsum)$/.test(name);
}

/** The n of rougeN; undefined for rougeL and rougeLsum. */
export function computeOrder(metric: RougeMetric): number | undefined {
  const order = Number(metric.slice("rouge".length));
  return Number.isNaN(order) ? undefined : order;
}
