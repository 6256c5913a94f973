// The one way a damaged run is told: what is wrong, where, and that no work was done on it.

import { dirname } from "node:path";
import { StoreError } from "../../errors.ts";

/** `where` is the file at fault, or the run's database. */
export function createDamageError(what: string, where: string, cause?: unknown): StoreError {
  const folder = /[/\\]artifacts[/\\][^/\\]*$/.test(where) ? dirname(dirname(where)) : dirname(where);
  return new StoreError(what, { where, next: `no work was done; see the way out: refeed doctor ${folder}`, cause });
}
