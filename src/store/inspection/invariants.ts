// What holds in every run, whatever happened to it, as queries that name the stages that break it: the oracle of the
// crash laboratory, asked of a single folder. Knows tables and counts; digests are checked elsewhere.

import type { Connection } from "../database.ts";

interface Invariant {
  readonly check: string;
  readonly what: string;
  /** Rows (kind, key) of the stages that break it. */
  readonly query: string;
}

export interface BrokenInvariant {
  readonly check: string;
  readonly what: string;
  readonly count: number;
  /** The first of them. */
  readonly place: string;
}

const candidates = "(SELECT count(*) FROM candidate c WHERE c.stage_id = o.id)";
const firstInput = "JOIN stage o ON o.key = json_extract(s.inputs, '$[0]')";

const invariants: readonly Invariant[] = [
  {
    check: "stages",
    what: "finished without a value and its digests",
    query: `SELECT s.kind, s.key FROM stage s WHERE s.state IN ('done', 'stale')
      AND (s.value IS NULL OR s.output_sha256 IS NULL OR s.inputs_sha256 IS NULL)`,
  },
  {
    check: "candidates",
    what: "finished with another number of candidates than it holds",
    query: `SELECT o.kind, o.key FROM stage o WHERE o.kind = 'sample' AND o.state IN ('done', 'stale')
      AND json_extract(o.value, '$.rows') IS NOT ${candidates}`,
  },
  {
    check: "scores",
    what: "has not one score for every candidate",
    query: `SELECT s.kind, s.key FROM stage s ${firstInput} WHERE s.kind = 'verify' AND s.state IN ('done', 'stale')
      AND (SELECT count(*) FROM score x WHERE x.stage_id = s.id) <> ${candidates}`,
  },
  {
    check: "selections",
    what: "has not a decision for every candidate and ranks from 0 on",
    query: `SELECT s.kind, s.key FROM stage s ${firstInput} WHERE s.kind = 'select' AND s.state IN ('done', 'stale')
      AND EXISTS (SELECT 1 FROM (SELECT count(*) AS n, count(rank) AS kept, coalesce(max(rank) + 1, 0) AS top
        FROM selection x WHERE x.stage_id = s.id) WHERE n <> ${candidates} OR kept <> top
          OR kept <> json_extract(s.value, '$.rows'))`,
  },
  {
    check: "corpora",
    what: "refers to rows that are not there",
    query: `SELECT s.kind, s.key FROM stage s WHERE s.kind = 'assemble' AND s.state IN ('done', 'stale')
      AND ((SELECT coalesce(sum(row_count), 0) FROM corpus_part p WHERE p.stage_id = s.id)
          IS NOT json_extract(s.value, '$.rows')
        OR EXISTS (SELECT 1 FROM corpus_part p LEFT JOIN stage o ON o.id = p.source_id WHERE p.stage_id = s.id
          AND (length(p.take) <> 4 * p.row_count
            OR o.state NOT IN ('done', 'stale') OR (p.take IS NULL AND p.source_id IS NOT NULL
              AND p.row_count <> json_extract(o.value, '$.rows')))))`,
  },
  {
    check: "models",
    what: "is trained and has no model",
    query: `SELECT s.kind, s.key FROM stage s WHERE s.kind = 'train' AND s.state IN ('done', 'stale')
      AND NOT EXISTS (SELECT 1 FROM model m WHERE m.stage_id = s.id AND m.artifact_sha256 = json_extract(s.value, '$.sha256'))`,
  },
  {
    check: "measurements",
    what: "has not all its measurements",
    query: `SELECT s.kind, s.key FROM stage s WHERE s.kind IN ('evaluate', 'trial') AND s.state IN ('done', 'stale')
      AND (SELECT count(*) FROM metric m WHERE m.stage_id = s.id) IS NOT json_extract(s.value, '$.measurements')`,
  },
];

/** One entry for each invariant that some stage breaks. */
export function* findBrokenInvariants(connection: Connection): Generator<BrokenInvariant> {
  for (const { check, what, query } of invariants) {
    const broken = connection.prepare<[], { kind: string; key: string }>(query).all();
    const [first] = broken;
    if (first) yield { check, what, count: broken.length, place: `${first.kind} stage ${first.key.slice(0, 12)}` };
  }
}
