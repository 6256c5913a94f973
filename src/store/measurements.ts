// Measurements in and out of the metric table. Infinities are kept as such; NaN is refused, because it would be a NULL.

import type { ArmRecord, MeasurementRecord } from "../domain/record.ts";
import type { StageKind } from "../domain/stage.ts";
import type { Measurement, TrialMeasurements } from "../domain/system.ts";
import { StoreError } from "../errors.ts";
import type { Json } from "../keys/canonical.ts";
import { computeDigest } from "../keys/digest.ts";
import type { Connection } from "./database.ts";
import { createRowDigest } from "./witness/row-digest.ts";
import { checkMeasurements } from "./witness/stage-rows.ts";

interface MetricRow {
  readonly arm: string;
  readonly seed: number;
  readonly generation: number;
  readonly metric: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly item_count: number | null;
  readonly items: Buffer | null;
}

/** Returns a function that replaces a stage's measurements and gives back what identifies them: counts and a digest. */
export function createMeasurementWriter(connection: Connection): (stageId: number, turns: TrialMeasurements) => Json {
  const clear = connection.prepare("DELETE FROM metric WHERE stage_id = ?");
  const insert = connection.prepare(
    `INSERT INTO metric (stage_id, generation, position, name, value, low, high, item_count, items)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const witness = connection.prepare("UPDATE stage SET rows_sha256 = ? WHERE id = ?");
  return (stageId, turns) => {
    const digest = createRowDigest();
    clear.run(stageId);
    const seen: string[] = [];
    for (const { generation, measurements } of turns) {
      for (const [position, measurement] of measurements.entries()) {
        const { metric, value, low, high, itemCount, items } = checkMeasurement(measurement, connection.name);
        const blob = items ? renderFloats(items) : null;
        const row = [generation, position, metric, value, low ?? null, high ?? null, itemCount ?? null, blob] as const;
        insert.run(stageId, ...row);
        digest.add(...row);
        seen.push(`${generation}/${metric}/${value}/${low}/${high}/${blob ? computeDigest(blob) : ""}`);
      }
    }
    witness.run(digest.compute(), stageId);
    return { measurements: seen.length, sha256: computeDigest(seen.join("\n")) };
  };
}

/** Measurements go to the metric table; their stage keeps the digest and nobody needs them as an input. */
export function isMeasured(kind: StageKind): boolean {
  return kind === "evaluate" || kind === "trial";
}

/** What such a stage returned, by generation. */
export function listTurns(kind: StageKind, value: unknown): TrialMeasurements {
  if (kind === "trial") return value as TrialMeasurements;
  return [{ generation: 0, measurements: value as readonly Measurement[] }];
}

/** float64, little endian. */
export function renderFloats(values: Float64Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

/** Reads what renderFloats wrote; copies, because SQLite's buffers need not be aligned. */
export function parseFloats(blob: Buffer): Float64Array {
  return new Float64Array(new Uint8Array(blob).buffer);
}

/** Trial by trial, so that no more than one trial's items are held at a time. */
export function* readMeasurements(
  connection: Connection,
  arms: readonly ArmRecord[],
  seeds: readonly number[],
): Generator<MeasurementRecord> {
  checkMeasurements(connection);
  const ofTrial = connection.prepare<[string, number], MetricRow>(
    `SELECT t.arm, t.seed, CASE s.kind WHEN 'trial' THEN m.generation ELSE t.generation END AS generation,
       m.name AS metric, m.value, m.low, m.high, m.item_count, m.items
     FROM turn t JOIN stage s ON s.id = t.stage_id JOIN metric m ON m.stage_id = s.id
     WHERE t.arm = ? AND t.seed = ? AND s.state = 'done' ORDER BY 3, t.position, m.position`,
  );
  for (const arm of arms) {
    for (const seed of seeds) {
      for (const { item_count, items, ...row } of ofTrial.all(arm.id, seed)) {
        yield { ...row, itemCount: item_count, items: items ? parseFloats(items) : null };
      }
    }
  }
}

function checkMeasurement(measurement: Measurement, where: string): Measurement {
  const { metric, value, low, high } = measurement;
  if ([value, low, high].some((number) => number !== undefined && Number.isNaN(number))) {
    throw new StoreError(`metric ${metric} is not a number`, {
      where,
      next: "this is a defect of the metric: report it",
    });
  }
  return measurement;
}
