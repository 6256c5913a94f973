// The record a resume goes by, read with its digest checked: a resume must not go by a changed one.

import type { Json } from "../../keys/canonical.ts";
import { computeDigest } from "../../keys/digest.ts";
import type { Connection } from "../database.ts";
import { createDamageError } from "./damage.ts";

/** Undefined in a folder that was never started; throws StoreError where it is not what was written. */
export function readResolved(connection: Connection): Json | undefined {
  const row = connection
    .prepare<[], { resolved: string; resolved_sha256: string }>("SELECT resolved, resolved_sha256 FROM run")
    .get();
  if (row === undefined) return undefined;
  if (computeDigest(row.resolved) === row.resolved_sha256) return JSON.parse(row.resolved) as Json;
  throw createDamageError("the run's own record is damaged", connection.name);
}
