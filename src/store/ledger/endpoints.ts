// The endpoints of a run as they were proved, the unfinished stages that asked them, and until when their servers asked to
// be left alone. The store does not read the evidence, it keeps it whole; who asked whom stands in the parameters of stages.

import type { Clock } from "../../domain/context.ts";
import type { AskedModel, AskedPatience, EndpointRecords, PatienceRecords } from "../../domain/records.ts";
import { type Json, renderCanonical } from "../../keys/canonical.ts";
import { computeDigest } from "../../keys/digest.ts";
import type { Connection } from "../database.ts";
import type { StageTable } from "../stages.ts";
import { createDamageError } from "../witness/damage.ts";
import type { Writer } from "../writer.ts";
import { renderProof } from "./account.ts";

interface EndpointParts {
  readonly writer: Writer;
  readonly stages: Pick<StageTable, "disown">;
  readonly clock: Clock;
}

interface UnfinishedRow {
  readonly key: string;
  readonly planned: number;
  readonly rows: number;
  readonly usd: number;
}

const isProof = renderProof("a");

/**
 * A verifier names its endpoint itself; a model that is hosted is named by its train stage, which whatever samples it or
 * scores under it has for its first input. What was asked to prove the endpoint brought no rows.
 */
const unfinished = `
  SELECT s.key, s.planned,
    sum(iif(a.state IN ('done', 'failed'), iif(s.kind = 'sample', a.row_count, max(a.row_count, 1)), 0)) AS rows,
    total(iif(a.state = 'done', a.cost_usd - a.unseen_usd, 0)) AS usd
  FROM stage s JOIN attempt a ON a.stage_id = s.id AND a.is_outside = 1 AND NOT ${isProof}
  WHERE s.state NOT IN ('done', 'stale') AND s.inputs_sha256 <> '' AND EXISTS (
    SELECT 1 FROM (SELECT coalesce(
      json_extract(s.parameters, '$.verifier.endpoint'),
      (SELECT json_extract(m.parameters, '$.endpoint') FROM stage m
       WHERE m.key = json_extract(s.inputs, '$[0]') AND m.kind = 'train')) AS asked)
    WHERE json_extract(asked, '$.name') = @endpoint AND (@model IS NULL OR json_extract(asked, '$.model') = @model))
  GROUP BY s.id ORDER BY s.id`;

export function createEndpointRecords(
  connection: Connection,
  { writer, stages, clock }: EndpointParts,
): EndpointRecords & PatienceRecords {
  const find = connection.prepare<[string], { readonly evidence: string; readonly digest: string }>(
    "SELECT evidence, evidence_sha256 AS digest FROM endpoint WHERE name = ?",
  );
  const insert = connection.prepare(
    "INSERT OR REPLACE INTO endpoint (name, evidence, evidence_sha256, proved_ms) VALUES (?, ?, ?, ?)",
  );
  const findUnfinished = connection.prepare<[AskedModel], UnfinishedRow>(unfinished);
  const findPatience = connection.prepare<[string, string], AskedPatience>(
    "SELECT url, asked_ms AS askedMs, wait_ms AS waitMs, reason FROM patience WHERE endpoint = ? AND url = ?",
  );
  const insertPatience = connection.prepare(
    "INSERT OR REPLACE INTO patience (endpoint, url, asked_ms, wait_ms, reason) VALUES (?, ?, ?, ?, ?)",
  );
  const put = (name: string, evidence: Json): void => {
    const text = renderCanonical(evidence);
    insert.run(name, text, computeDigest(text), clock.now());
  };
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
    write: (name, evidence) => writer.write(() => put(name, evidence)),
    replace: (asked, evidence) =>
      writer.write(() => {
        for (const { key } of findUnfinished.all(asked)) stages.disown(key);
        put(asked.endpoint, evidence);
      }),
    listUnfinished: (asked) =>
      findUnfinished.all(asked).map(({ key, planned, rows, usd }) => {
        return { key, isPlanned: planned === 1, rowCount: rows, usd };
      }),
    readPatience: (endpoint, url) => findPatience.get(endpoint, url),
    writePatience: (endpoint, { url, askedMs, waitMs, reason }) =>
      writer.write(() => void insertPatience.run(endpoint, url, askedMs, waitMs, reason)),
  };
}
