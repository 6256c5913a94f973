// The endpoints of a run as they were proved. The store does not read the evidence, it keeps it whole.

import type { Clock } from "../../domain/context.ts";
import type { EndpointRecords } from "../../domain/records.ts";
import { type Json, renderCanonical } from "../../keys/canonical.ts";
import { computeDigest } from "../../keys/digest.ts";
import type { Connection } from "../database.ts";
import { createDamageError } from "../witness/damage.ts";
import type { Writer } from "../writer.ts";

export function createEndpointRecords(connection: Connection, writer: Writer, clock: Clock): EndpointRecords {
  const find = connection.prepare<[string], { readonly evidence: string; readonly digest: string }>(
    "SELECT evidence, evidence_sha256 AS digest FROM endpoint WHERE name = ?",
  );
  const insert = connection.prepare(
    "INSERT OR REPLACE INTO endpoint (name, evidence, evidence_sha256, proved_ms) VALUES (?, ?, ?, ?)",
  );
  return {
    read(name) {
      const row = find.get(name);
      if (row === undefined) return undefined;
      // Not simply proved anew: it is what a changed model would be told by.
      if (computeDigest(row.evidence) !== row.digest) {
        throw createDamageError(`the evidence of endpoint ${name} is damaged`, connection.name);
      }
      return JSON.parse(row.evidence) as Json;
    },
    write: (name, evidence) =>
      writer.write(() => {
        const text = renderCanonical(evidence);
        insert.run(name, text, computeDigest(text), clock.now());
      }),
  };
}
