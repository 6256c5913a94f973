// Lint as it is kept beside the stages it was read from, and the turns of a run as lint sees them.
// It counts nothing: what stands in a stage's value or in the lint table is handed on.

import type { LintTurn, SampleLint } from "../../domain/lint.ts";
import { computeDigest } from "../../keys/digest.ts";
import type { Connection } from "../database.ts";
import type { StageTable } from "../stages.ts";
import { createDamageError } from "../witness/damage.ts";
import type { Writer } from "../writer.ts";

export function createLintShelf(connection: Connection, writer: Writer, stages: StageTable) {
  const find = connection.prepare<[number], { value: string; digest: string }>(
    "SELECT value, value_sha256 AS digest FROM lint WHERE stage_id = ?",
  );
  const insert = connection.prepare("INSERT OR REPLACE INTO lint (stage_id, value, value_sha256) VALUES (?, ?, ?)");
  return {
    readLint(stage: string): SampleLint | undefined {
      const row = find.get(stages.idOf(stage));
      // What is damaged here was read from candidates that are still there: it is read again.
      if (row === undefined || computeDigest(row.value) !== row.digest) return undefined;
      return JSON.parse(row.value) as SampleLint;
    },
    writeLint: (stage: string, lint: SampleLint): Promise<void> =>
      writer.write(() => {
        const text = JSON.stringify(lint);
        insert.run(stages.idOf(stage), text, computeDigest(text));
      }),
  };
}

interface TurnRow {
  readonly arm: string;
  readonly seed: number;
  readonly generation: number;
  readonly kind: "train" | "sample" | "select" | "verify";
  readonly key: string;
  readonly value: string;
  readonly output_sha256: string | null;
  readonly lint: string | null;
  readonly lint_sha256: string | null;
  readonly copies: number;
}

/**
 * In plan order. An auxiliary model's train stage stands behind the turn's own; greedy stages may well be equal. Of the
 * verify stages of a turn, the one that its selection goes by: planned, that says so before anything is selected.
 */
const query = `
  WITH drawn AS MATERIALIZED (
    SELECT id, json_extract(value, '$.sha256') AS sha256 FROM stage
    WHERE kind = 'sample' AND state = 'done' AND planned = 1 AND json_extract(parameters, '$.split') = 'train'
      AND json_extract(parameters, '$.temperature') > 0),
  twins AS MATERIALIZED (SELECT sha256, count(*) - 1 AS copies FROM drawn GROUP BY sha256 HAVING count(*) > 1)
  SELECT t.arm, t.seed, t.generation, s.kind, s.key, s.value, s.output_sha256, l.value AS lint,
    l.value_sha256 AS lint_sha256, coalesce(w.copies, 0) AS copies
  FROM turn t JOIN stage s ON s.id = t.stage_id JOIN arm a ON a.id = t.arm LEFT JOIN lint l ON l.stage_id = s.id
    LEFT JOIN drawn d ON d.id = s.id LEFT JOIN twins w ON w.sha256 = d.sha256
  WHERE s.state = 'done' AND s.value IS NOT NULL AND s.kind IN ('train', 'sample', 'select', 'verify')
    AND (s.kind <> 'sample' OR json_extract(s.parameters, '$.split') = 'train')
    AND (s.kind <> 'verify' OR EXISTS (SELECT 1 FROM turn o JOIN stage c ON c.id = o.stage_id, json_each(c.inputs) j
      WHERE o.arm = t.arm AND o.seed = t.seed AND o.generation = t.generation AND c.kind = 'select' AND j.value = s.key))
  ORDER BY a.position, t.seed, t.generation, t.position`;

export function readLintTurns(connection: Connection): readonly LintTurn[] {
  const turns = new Map<string, LintTurn>();
  for (const row of connection.prepare<[], TurnRow>(query).all()) {
    checkRow(row, connection.name);
    const place = `${row.arm}/${row.seed}/${row.generation}`;
    const { arm, seed, generation } = row;
    const turn = turns.get(place) ?? {
      arm,
      seed,
      generation,
      training: null,
      sample: null,
      copies: 0,
      selection: null,
    };
    turns.set(place, addStage(turn, row));
  }
  return [...turns.values()];
}

/** Sample stages whose lint is not what was found: nothing is lost, it can be read again from their candidates. */
export function* findDamagedLint(connection: Connection): Generator<{ readonly key: string }> {
  const rows = connection.prepare<[], { key: string; value: string; digest: string }>(
    "SELECT s.key, l.value, l.value_sha256 AS digest FROM lint l JOIN stage s ON s.id = l.stage_id ORDER BY s.id",
  );
  for (const { key, value, digest } of rows.iterate()) if (computeDigest(value) !== digest) yield { key };
}

/** Throws StoreError where a reader would be told other numbers than were found. */
function checkRow({ kind, key, value, output_sha256, lint, lint_sha256 }: TurnRow, where: string): void {
  const what = `of ${kind} stage ${key.slice(0, 12)} is damaged`;
  if (computeDigest(value) !== output_sha256) throw createDamageError(`the value ${what}`, where);
  if (lint !== null && computeDigest(lint) !== lint_sha256) throw createDamageError(`the lint ${what}`, where);
}

function addStage(turn: LintTurn, { kind, value, lint, copies }: TurnRow): LintTurn {
  if (kind === "sample") {
    const { acceptance } = JSON.parse(value) as Pick<LintTurn, "acceptance">;
    const sample = lint === null ? null : (JSON.parse(lint) as SampleLint);
    return { ...turn, copies, sample, ...(acceptance && { acceptance }) };
  }
  if (kind === "verify") {
    const { attacks } = JSON.parse(value) as Pick<LintTurn, "attacks">;
    return attacks === undefined ? turn : { ...turn, attacks };
  }
  const parsed = JSON.parse(value) as NonNullable<LintTurn["training"] & LintTurn["selection"]>;
  const { rows, losses, candidates, rejected } = parsed;
  if (kind === "select") return { ...turn, selection: { rows, candidates, rejected } };
  return turn.training ? turn : { ...turn, training: { rows, losses: losses ?? null } };
}
