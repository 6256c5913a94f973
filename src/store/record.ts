// A run read for its report, through a connection of its own beside the writer.

import { join } from "node:path";
import type { LintLimits } from "../domain/lint.ts";
import type { MetricDeclaration } from "../domain/metric.ts";
import type { ArmRecord, ExampleRecord, RunRecord, RunState, TeacherRecord } from "../domain/record.ts";
import type { Json } from "../keys/canonical.ts";
import { type Connection, createEmptyError, openReader } from "./database.ts";
import { readDepthTable } from "./lineage/depth-table.ts";
import { readMeasurements } from "./measurements.ts";
import { databaseName } from "./run-folder.ts";
import { readLintTurns } from "./shelf/lint.ts";
import { readResolved } from "./witness/resolved.ts";

/** What the run's own record says of itself; written by the experiment that made it. */
export interface RecordHeader {
  readonly source: string;
  readonly system: string;
  readonly seeds: readonly number[];
  readonly metrics: readonly MetricDeclaration[];
  readonly lint: LintLimits;
  /** Absent in records of older runs. */
  readonly teachers?: readonly TeacherRecord[];
  readonly unprompted?: RunRecord["unprompted"];
  /** What `why` calls verifiers: digests of their parameters, by the experiment's names. Absent in records of older runs. */
  readonly verifiers?: Readonly<Record<string, string>> | undefined;
  readonly facts: readonly { readonly name: string; readonly value: string }[];
}

interface RunRow {
  readonly name: string;
  readonly state: RunState;
}

/** Opens a run folder as a record; throws StoreError where there is no run. */
export function openRecord(directory: string): RunRecord & { close(): void } {
  const connection = openReader(join(directory, databaseName));
  try {
    return readRecord(connection, directory);
  } catch (error) {
    connection.close();
    throw error;
  }
}

function readRecord(connection: Connection, directory: string): RunRecord & { close(): void } {
  const run = connection.prepare<[], RunRow>("SELECT name, state FROM run").get();
  if (!run) throw createEmptyError(directory);
  const { header } = readResolved(connection) as unknown as { readonly header: RecordHeader };
  const arms = connection
    .prepare<[], { id: string; generations: number; is_line: number; fields: string }>(
      "SELECT id, generations, is_line, fields FROM arm ORDER BY position",
    )
    .all()
    .map(
      ({ id, generations, is_line, fields }): ArmRecord => ({
        id,
        generations,
        isLine: is_line === 1,
        fields: JSON.parse(fields) as Record<string, Json>,
      }),
    );
  return {
    name: run.name,
    state: run.state,
    progress: readProgress(connection),
    ...header,
    arms,
    measurements: () => readMeasurements(connection, arms, header.seeds),
    lintTurns: () => readLintTurns(connection),
    lineage: () => readDepthTable(connection, header.seeds),
    examples: (count) => readExamples(connection, count),
    close: () => void connection.close(),
  };
}

/** Stages that the experiment no longer asks for do not count. */
function readProgress(connection: Connection): RunRecord["progress"] {
  const count =
    "SELECT count(*) AS planned, count(*) FILTER (WHERE state = 'done') AS done FROM stage WHERE planned = 1";
  return connection.prepare<[], RunRecord["progress"]>(count).get() as RunRecord["progress"];
}

/** The answers of the test split are the first test-split sample stage each turn asks for. */
function readExamples(connection: Connection, count: number): readonly ExampleRecord[] {
  const rows = connection
    .prepare<[], number>(`SELECT r.position FROM dataset d JOIN dataset_row r ON r.dataset_id = d.id
       WHERE d.split = 'test' AND d.is_current = 1 ORDER BY r.position`)
    .pluck()
    .all();
  const step = Math.max(1, Math.floor(rows.length / Math.max(1, count)));
  const positions = rows.filter((_, index) => index % step === 0).slice(0, count);
  const answers = connection
    .prepare<[], { arm: string; seed: number; generation: number; stage_id: number }>(
      `SELECT t.arm, t.seed, t.generation, t.stage_id, min(t.position) AS first
       FROM turn t JOIN stage s ON s.id = t.stage_id JOIN arm a ON a.id = t.arm
       WHERE s.kind = 'sample' AND s.state = 'done' AND json_extract(s.parameters, '$.split') = 'test'
         AND t.seed = (SELECT seed FROM turn ORDER BY position LIMIT 1)
       GROUP BY t.arm, t.seed, t.generation ORDER BY t.generation, a.position`,
    )
    .all();
  const readRow = connection.prepare<[number], { id: string; article: string; summary: string }>(
    `SELECT r.id, r.article, r.summary FROM dataset d JOIN dataset_row r ON r.dataset_id = d.id
     WHERE d.split = 'test' AND d.is_current = 1 AND r.position = ?`,
  );
  const readText = connection
    .prepare<[number, number], string>(
      "SELECT completion FROM candidate WHERE stage_id = ? AND position = ? AND draw = 0",
    )
    .pluck();
  const generations = [...new Set(answers.map((answer) => answer.generation))];
  return generations.flatMap((generation) =>
    positions.map((position): ExampleRecord => {
      const { id, article, summary } = readRow.get(position) as { id: string; article: string; summary: string };
      const here = answers.filter((answer) => answer.generation === generation);
      const outputs = here.map(({ arm, stage_id }) => ({ arm, text: readText.get(stage_id, position) ?? "" }));
      return { seed: here[0]?.seed ?? 0, generation, id, article, reference: summary, outputs };
    }),
  );
}
