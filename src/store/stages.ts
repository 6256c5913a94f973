// The memory of stages: begun, finished, failed, and whether a finished one may be reused.
// It compares digests and never looks into parameters or values.

import type { Clock } from "../domain/context.ts";
import type { StageRecords, StageRequest } from "../domain/records.ts";
import type { Stage } from "../domain/stage.ts";
import { StoreError } from "../errors.ts";
import { renderCanonical } from "../keys/canonical.ts";
import { computeDigest, computeKey } from "../keys/digest.ts";
import type { Connection } from "./database.ts";
import { createMeasurementWriter, isMeasured, listTurns } from "./measurements.ts";
import { createLostModels } from "./shelf/lost-models.ts";
import { createRowRemover } from "./shelf/owned-rows.ts";
import { createDamageError } from "./witness/damage.ts";
import type { Writer } from "./writer.ts";

interface StageRow {
  readonly id: number;
  readonly state: string;
  readonly value: string | null;
  readonly output_sha256: string | null;
  readonly inputs_sha256: string | null;
}

export interface StageTable extends StageRecords {
  /** The row id of a stage that has begun; throws StoreError for an unknown key. */
  idOf(key: string): number;
  keyOf(id: number): string;
  /** The model's file is not what was written: where it is needed, it is to be trained again. */
  loseModel(sha256: string): void;
  /** Within a transaction: whoever begins the stage next begins it anew. One that is at work in this process is left alone. */
  disown(key: string): void;
  /** Calls back, within a transaction, where attempts of a stage that is begun anew were ended. */
  onReopen(callback: () => void): void;
}

export function createStageTable(connection: Connection, writer: Writer, clock: Clock): StageTable {
  const find = connection.prepare<[string], StageRow>(
    "SELECT id, state, value, output_sha256, inputs_sha256 FROM stage WHERE key = ?",
  );
  const insert = connection.prepare(
    `INSERT INTO stage (key, kind, version, parameters, inputs, state, inputs_sha256, started_ms)
     VALUES (?, ?, ?, ?, ?, 'running', ?, ?)
     ON CONFLICT (key) DO UPDATE SET state = 'running', inputs_sha256 = excluded.inputs_sha256,
       started_ms = excluded.started_ms, value = NULL, output_sha256 = NULL, finished_ms = NULL, reason = NULL`,
  );
  const close = connection.prepare(
    `UPDATE stage SET state = 'done', value = ?, output_sha256 = ?, finished_ms = ?, duration_ms = ?, reason = NULL
     WHERE key = ?`,
  );
  const fail = connection.prepare("UPDATE stage SET state = 'failed', reason = ?, finished_ms = ? WHERE key = ?");
  // No stage is made from inputs of this digest: whoever begins it next clears it first.
  const disown = connection.prepare(
    "UPDATE stage SET state = 'new', inputs_sha256 = '', rows_sha256 = NULL, value = NULL, output_sha256 = NULL WHERE id = ?",
  );
  const reopened: (() => void)[] = [];
  const onReopen = (): void => {
    for (const callback of reopened) callback();
  };
  const removeRows = createRowRemover(connection, { writer, clock, onReopen });
  const writeMeasurements = createMeasurementWriter(connection);
  const lostModels = createLostModels(connection);
  const findKey = connection.prepare<[number], string>("SELECT key FROM stage WHERE id = ?").pluck();
  const idByKey = new Map<string, number>();
  const keyById = new Map<number, string>();
  const startByKey = new Map<string, number>();

  const read = (request: StageRequest): Stage | undefined => {
    const row = find.get(request.key);
    if (row?.state !== "done" || row.inputs_sha256 !== computeInputsDigest(request.inputs)) return undefined;
    if (row.value === null || computeDigest(row.value) !== row.output_sha256) {
      const place = `${request.description.kind} stage ${request.key.slice(0, 12)}`;
      throw createDamageError(`the value of ${place} is damaged`, connection.name);
    }
    if (request.description.kind === "train" && lostModels.has(request.key)) return undefined;
    idByKey.set(request.key, row.id);
    return createStage(request, row.value, row.output_sha256);
  };

  const begin = async (request: StageRequest): Promise<void> => {
    const { key, description, inputs } = request;
    const inputsDigest = computeInputsDigest(inputs);
    startByKey.set(key, clock.monotonic());
    lostModels.forget(key);
    const known = find.get(key);
    // Rows made from other inputs are worth nothing; those of a torn attempt on the same inputs are gone on with.
    const isOther = known !== undefined && known.inputs_sha256 !== null && known.inputs_sha256 !== inputsDigest;
    if (isOther) {
      await writer.write(() => void disown.run(known.id));
      await removeRows(known.id);
    }
    const begun = writer.write(() => {
      const keys = renderCanonical(inputs.map((input) => input.key));
      const parameters = renderCanonical(description.parameters);
      insert.run(key, description.kind, description.version, parameters, keys, inputsDigest, clock.now());
      idByKey.set(key, (find.get(key) as StageRow).id);
    });
    if (!known || isOther) return begun;
    // The stage has its row and its inputs, and writes keep their order: no need to wait for a disk sync of its own.
    begun.catch(() => undefined);
  };

  const finish = (request: StageRequest, value: unknown): Promise<Stage> => {
    const { key, description } = request;
    const id = idOf(key);
    return writer.write(() => {
      const kept = isMeasured(description.kind) ? writeMeasurements(id, listTurns(description.kind, value)) : value;
      const text = renderCanonical(kept ?? null);
      const digest = computeDigest(text);
      close.run(text, digest, clock.now(), clock.monotonic() - (startByKey.get(key) ?? clock.monotonic()), key);
      return createStage(request, text, digest);
    });
  };

  const idOf = (key: string): number => {
    const id = idByKey.get(key) ?? find.get(key)?.id;
    if (id === undefined) throw new StoreError(`unknown stage ${key}`, { where: connection.name });
    idByKey.set(key, id);
    return id;
  };

  const keyOf = (id: number): string => {
    const key = keyById.get(id) ?? findKey.get(id);
    if (key === undefined) throw new StoreError(`unknown stage ${id}`, { where: connection.name });
    keyById.set(id, key);
    return key;
  };

  return {
    read,
    begin,
    finish,
    idOf,
    keyOf,
    loseModel: lostModels.add,
    onReopen: (callback) => void reopened.push(callback),
    disown: (key) => void (startByKey.has(key) || disown.run(idOf(key))),
    fail: (request, reason) => writer.write(() => void fail.run(reason, clock.now(), request.key)),
  };
}

/** What a stage was made from: the outputs of its inputs, in order. */
export function computeInputsDigest(inputs: readonly { readonly digest: string }[]): string {
  return computeKey(inputs.map((input) => input.digest));
}

function createStage({ key, description }: StageRequest, text: string, digest: string): Stage {
  return { key, kind: description.kind, value: JSON.parse(text), digest };
}
