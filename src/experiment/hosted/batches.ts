// Batches that are still with a vendor, against an experiment that would ask for the same rows live: they would be paid twice.

import type { StageRequest } from "../../domain/records.ts";
import { ConfigError } from "../../errors.ts";
import type { RunRecordSource } from "../prepare.ts";
import { findAsked } from "./asked.ts";

/**
 * `handedIn`: requests that nobody has fetched, by the keys of stages. Throws ConfigError where others would be sent for
 * them.
 */
export function checkBatches(
  open: readonly StageRequest[],
  handedIn: ReadonlyMap<string, number>,
  { experiment }: RunRecordSource,
): void {
  const countByEndpoint = new Map<string, number>();
  for (const { key, description } of open) {
    const count = handedIn.get(key) ?? 0;
    const endpoint = findAsked(description, experiment);
    if (count === 0 || endpoint === undefined || endpoint.mode === "batch") continue;
    countByEndpoint.set(endpoint.name, (countByEndpoint.get(endpoint.name) ?? 0) + count);
  }
  const problems = [...countByEndpoint].map(([name, count]) => ({
    where: `endpoints.${name}.mode`,
    what: renderTwice(count),
    next: "set mode: batch to fetch them, or pay twice with --accept-changes",
  }));
  if (problems.length > 0) throw new ConfigError(problems);
}

export function renderTwice(count: number): string {
  const lie =
    count === 1
      ? "1 request of this run lies in a batch that is"
      : `${count} requests of this run lie in batches that are`;
  return `${lie} not fetched; asked live ${count === 1 ? "it is" : "they are"} paid for a second time`;
}
