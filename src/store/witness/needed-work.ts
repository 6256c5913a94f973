// Before work goes on, what it will read is held against the digests it was written with: the dataset, the rows and
// models that open stages need, and what torn stages left. Finished work that nobody reads again is left to doctor.
// A damaged model is told to be trained again; any other damage stops the run.

import { createReadStream } from "node:fs";
import { join } from "node:path";
import { computeStreamDigest } from "../../keys/digest.ts";
import type { Connection } from "../database.ts";
import { checkCandidateRows } from "./candidate-rows.ts";
import { createDamageError } from "./damage.ts";
import { hasRowDigest, type OwnedRows, readRowDigest } from "./stage-rows.ts";

export interface StageRow {
  readonly id: number;
  readonly key: string;
  readonly kind: string;
  readonly state: string;
  readonly inputs: string;
  readonly inputs_sha256: string | null;
  readonly rows_sha256: string | null;
  readonly artifact: string | null;
  readonly artifact_state: string | null;
}

export interface NeededWork {
  readonly directory: string;
  readonly connection: Connection;
  readonly signal: AbortSignal;
  /** Called with the digest of a needed model whose file is not what was written. */
  readonly onDamagedModel: (sha256: string) => void;
}

/** Throws StoreError for damage that cannot be made good by doing a stage again. */
export async function checkNeededWork(work: NeededWork): Promise<void> {
  const { connection, signal } = work;
  await checkDatasets(work);
  const stages = readStages(connection);
  const byKey = new Map(stages.map((stage) => [stage.key, stage]));
  const seen = new Set<string>();
  const due = stages.filter(({ state }) => state !== "done");
  for (let stage = due.pop(); stage; stage = due.pop()) {
    signal.throwIfAborted();
    if (isGoneOnWith(stage)) await checkRows(work, stage);
    for (const key of JSON.parse(stage.inputs) as readonly string[]) {
      const input = byKey.get(key);
      if (input?.state !== "done" || seen.has(key)) continue;
      seen.add(key);
      if (input.kind !== "train") await checkRows(work, input);
      // A whole model needs nothing of what it was made from; one that is lost is trained again.
      else if (await isWholeModel(work, input)) continue;
      due.push(input);
    }
  }
}

/** What a torn stage of these kinds has is kept; where it was disowned (no digest of inputs is empty) it is being removed. */
function isGoneOnWith({ state, kind, inputs_sha256 }: StageRow): boolean {
  return state !== "done" && inputs_sha256 !== "" && (kind === "sample" || kind === "verify");
}

function readStages(connection: Connection): readonly StageRow[] {
  return connection
    .prepare<[], StageRow>(
      `SELECT s.id, s.key, s.kind, s.state, s.inputs, s.inputs_sha256, s.rows_sha256, a.sha256 AS artifact, a.state AS artifact_state
       FROM stage s LEFT JOIN model m ON m.stage_id = s.id LEFT JOIN artifact a ON a.sha256 = m.artifact_sha256
       WHERE s.planned = 1 ORDER BY s.id DESC`,
    )
    .all();
}

async function checkDatasets(work: NeededWork): Promise<void> {
  const { connection } = work;
  const datasets = connection
    .prepare<[], { id: number; split: string; rows_sha256: string | null }>(
      "SELECT id, split, rows_sha256 FROM dataset WHERE is_current = 1",
    )
    .all();
  for (const { id, split, rows_sha256 } of datasets) {
    if ((await computeRows(work, { kind: "dataset", owner: id })) === rows_sha256) continue;
    throw createDamageError(`the ${split} rows of the dataset are not those that were imported`, connection.name);
  }
}

async function checkRows(work: NeededWork, stage: StageRow): Promise<void> {
  const { connection, signal } = work;
  const { id, kind, key, state, rows_sha256 } = stage;
  const place = `${kind} stage ${key.slice(0, 12)}`;
  if (kind === "sample") {
    for await (const { problems } of checkCandidateRows(connection, { stageId: id, isDone: state === "done" })) {
      signal.throwIfAborted();
      if (problems[0] !== undefined) throw createDamageError(`${place} is damaged: ${problems[0]}`, connection.name);
    }
  } else if (hasRowDigest(kind)) {
    const isUntouched = rows_sha256 === null && state !== "done";
    if (isUntouched || (await computeRows(work, { kind, owner: id })) === rows_sha256) return;
    throw createDamageError(`the rows of ${place} are not those that were written`, connection.name);
  }
}

async function computeRows({ connection, signal }: NeededWork, rows: OwnedRows): Promise<string> {
  const digest = await readRowDigest(connection, { ...rows, onPage: () => signal.throwIfAborted() });
  return digest.compute();
}

async function isWholeModel({ directory, onDamagedModel }: NeededWork, stage: StageRow): Promise<boolean> {
  if (stage.artifact === null || stage.artifact_state !== "kept") return false;
  const file = join(directory, "artifacts", stage.artifact);
  const digest = await computeStreamDigest(createReadStream(file)).catch((): null => null);
  if (digest === stage.artifact) return true;
  onDamagedModel(stage.artifact);
  return false;
}
