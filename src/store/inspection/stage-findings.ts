// Looks through everything a run's stages hold, finished or torn: records, values, inputs, rows, invariants.
// Reads page by page, so that a run at work is not held up.

import { computeDigest } from "../../keys/digest.ts";
import type { Connection } from "../database.ts";
import { findDamagedLint } from "../shelf/lint.ts";
import { computeInputsDigest } from "../stages.ts";
import { checkCandidateRows } from "../witness/candidate-rows.ts";
import { type IdentityRow, isWholeRow } from "../witness/identity.ts";
import { findDamagedMeasurements, hasRowDigest, type OwnedRows, readRowDigest } from "../witness/stage-rows.ts";
import { inspectAnswers } from "./answer-findings.ts";
import { createOk, createProblem, createWarning, type Finding } from "./finding.ts";
import { findBrokenInvariants } from "./invariants.ts";

interface StageRow extends IdentityRow {
  readonly id: number;
  readonly state: string;
  readonly value: string | null;
  readonly output_sha256: string | null;
  readonly inputs_sha256: string | null;
  readonly rows_sha256: string | null;
}

export interface InspectionWork {
  readonly directory: string;
  readonly connection: Connection;
  readonly signal: AbortSignal;
  /** Rows read of those there are. */
  readonly report: (doneCount: number, totalCount: number) => void;
}

const restore = "restore the run folder from a copy, or run its experiment.yaml into a new folder: --run <folder>";
const countAgain = `while the run has work left, refeed resume counts it again from its candidates; else ${restore}`;

/** Of a run that is at work only what is finished is looked at: nothing else holds still. */
export async function* inspectStages(work: InspectionWork, isAlive: boolean): AsyncGenerator<Finding> {
  const { connection } = work;
  const stages = connection
    .prepare<[], StageRow>(
      `SELECT id, key, kind, version, parameters, inputs, state, value, output_sha256, inputs_sha256, rows_sha256
       FROM stage ORDER BY id`,
    )
    .all();
  yield* summarize("stages", `${stages.length} stages`, inspectRecords(stages));
  yield* summarize(
    "rows",
    "every row is as it was written",
    await gather(inspectRows(work, isAlive ? stages.filter(isFinished) : stages)),
  );
  const measured = [...findDamagedMeasurements(connection)].map(({ key }) =>
    createProblem("measurements", {
      what: "these are not the measurements that were taken",
      where: `stage ${key.slice(0, 12)}`,
      next: restore,
    }),
  );
  const linted = [...findDamagedLint(connection)].map(({ key }) =>
    createProblem("lint", {
      what: "its lint is not what was found",
      where: `sample stage ${key.slice(0, 12)}`,
      next: countAgain,
    }),
  );
  const broken = [...findBrokenInvariants(connection)].map(({ check, what, count, place }) =>
    createProblem(check, { what: count > 1 ? `${what} (${count} stages)` : what, where: place, next: restore }),
  );
  yield* summarize("invariants", "nothing missing, nothing twice", [...measured, ...linted, ...broken]);
  yield* inspectAnswers(connection, work.signal);
}

function isFinished({ state }: StageRow): boolean {
  return state === "done" || state === "stale";
}

/** The findings, or one line that says that there are none. */
function* summarize(check: string, what: string, findings: Iterable<Finding>): Generator<Finding> {
  let isQuiet = true;
  for (const finding of findings) {
    isQuiet = false;
    yield finding;
  }
  if (isQuiet) yield createOk(check, what);
}

async function gather(findings: AsyncIterable<Finding>): Promise<readonly Finding[]> {
  const all: Finding[] = [];
  for await (const finding of findings) all.push(finding);
  return all;
}

function* inspectRecords(stages: readonly StageRow[]): Generator<Finding> {
  const byKey = new Map(stages.map((stage) => [stage.key, stage]));
  for (const stage of stages) {
    const where = `${stage.kind} stage ${stage.key.slice(0, 12)}`;
    if (!isWholeRow(stage)) {
      yield createProblem("stages", { what: "its record is not what its key stands for", where, next: restore });
      continue;
    }
    if (stage.state !== "done") continue;
    if (stage.value === null || computeDigest(stage.value) !== stage.output_sha256) {
      yield createProblem("stages", { what: "its value is damaged", where, next: restore });
    }
    const inputs = (JSON.parse(stage.inputs) as readonly string[]).map((key) => byKey.get(key));
    const digests = inputs.map((input) => ({ digest: input?.output_sha256 ?? "" }));
    if (inputs.some((input) => input?.state !== "done")) continue;
    if (computeInputsDigest(digests) === stage.inputs_sha256) continue;
    const what = "was made from other inputs than there are now";
    yield createWarning("stages", { what, where, next: "refeed resume does it again" });
  }
}

async function* inspectRows(work: InspectionWork, stages: readonly StageRow[]): AsyncGenerator<Finding> {
  const { connection, signal, report } = work;
  const totalCount = countRows(connection);
  let doneCount = 0;
  const progress = (rows: number): void => {
    signal.throwIfAborted();
    doneCount += rows;
    report(doneCount, totalCount);
  };
  const datasets = connection
    .prepare<[], { id: number; split: string; row_count: number; rows_sha256: string | null }>(
      "SELECT id, split, row_count, rows_sha256 FROM dataset",
    )
    .all();
  for (const { id, split, row_count, rows_sha256 } of datasets) {
    if (row_count < 0) continue;
    const found = await readDigest(connection, { kind: "dataset", owner: id, onPage: progress });
    if (found.sha256 === rows_sha256 && found.count === row_count) continue;
    const what = "these are not the rows that were imported";
    yield createProblem("rows", { what, where: `${split} split`, next: restore });
  }
  // What was made from other inputs is being removed, slice by slice: nothing it lacks is missed.
  for (const stage of stages.filter(({ inputs_sha256 }) => inputs_sha256 !== "")) {
    const where = `${stage.kind} stage ${stage.key.slice(0, 12)}`;
    const isDone = isFinished(stage);
    if (stage.kind === "sample") {
      for await (const { rows, problems } of checkCandidateRows(connection, { stageId: stage.id, isDone })) {
        progress(rows);
        for (const what of problems) yield createProblem("rows", { what, where, next: restore });
      }
    } else if (hasRowDigest(stage.kind) && (isDone || stage.kind === "verify")) {
      const { sha256, count } = await readDigest(connection, {
        kind: stage.kind,
        owner: stage.id,
        onPage: progress,
      });
      if (sha256 === stage.rows_sha256 || (count === 0 && stage.rows_sha256 === null)) continue;
      yield createProblem("rows", { what: "its rows are not those that were written", where, next: restore });
    }
  }
}

async function readDigest(
  connection: Connection,
  { onPage, ...owned }: OwnedRows,
): Promise<{ readonly sha256: string; readonly count: number }> {
  let count = 0;
  const add = (rows: number): void => {
    count += rows;
    onPage?.(rows);
  };
  const digest = await readRowDigest(connection, { ...owned, onPage: add });
  return { sha256: digest.compute(), count };
}

function countRows(connection: Connection): number {
  const tables = ["candidate", "score", "selection", "corpus_part", "dataset_row"];
  const query = `SELECT ${tables.map((table) => `(SELECT count(*) FROM ${table})`).join(" + ")}`;
  return connection.prepare<[], number>(query).pluck().get() as number;
}
