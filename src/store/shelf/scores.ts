// Scores and selections, written in id order and in batches that never hold the event loop for long.

import { setImmediate } from "node:timers/promises";
import type { Score } from "../../domain/rows.ts";
import type { SelectionResult } from "../../domain/selection.ts";
import { StoreError } from "../../errors.ts";
import type { Connection } from "../database.ts";
import type { StageTable } from "../stages.ts";
import { createRowDigest, type RowDigest } from "../witness/row-digest.ts";
import { readRowDigest } from "../witness/stage-rows.ts";
import type { Writer } from "../writer.ts";
import { createUnscoredShelf } from "./unscored.ts";

const batchRows = 2000;

/** `reasons` names the codes of a selection's reason column. */
export function createScoreShelf(connection: Connection, writer: Writer, stages: StageTable) {
  const insertScore = connection.prepare(
    "INSERT INTO score (stage_id, candidate_id, score, reason) VALUES (?, ?, ?, ?)",
  );
  const witness = connection.prepare("UPDATE stage SET rows_sha256 = ? WHERE id = ?");
  /** Of the verify stages at work: the digest of the scores written, or on their way to the disk, so far. */
  const digestByStage = new Map<number, Promise<RowDigest>>();
  const countScores = connection
    .prepare<[number], number>("SELECT coalesce(max(candidate_id) + 1, 0) FROM score WHERE stage_id = ?")
    .pluck();
  const readAll = connection.prepare<[number, number, number], { candidate_id: number; score: number | null }>(
    `SELECT candidate_id, score FROM score WHERE stage_id = ? AND candidate_id >= ? AND candidate_id < ?`,
  );
  const clearSelection = connection.prepare(
    "DELETE FROM selection WHERE stage_id = ? AND candidate_id >= ? AND candidate_id < ?",
  );
  const lastSelected = connection
    .prepare<[number], number>("SELECT coalesce(max(candidate_id) + 1, 0) FROM selection WHERE stage_id = ?")
    .pluck();
  const insertSelection = connection.prepare(
    "INSERT INTO selection (stage_id, candidate_id, rank, reason) VALUES (?, ?, ?, ?)",
  );

  return {
    ...createUnscoredShelf(connection, stages),

    scoreCount: (stage: string): number => countScores.get(stages.idOf(stage)) as number,

    async writeScores(stage: string, scores: readonly Score[]): Promise<void> {
      const stageId = stages.idOf(stage);
      // What a torn stage has written so far is gone on with.
      const known = digestByStage.get(stageId) ?? readRowDigest(connection, { kind: "verify", owner: stageId });
      digestByStage.set(stageId, known);
      const digest = await known;
      // A write may be tried twice; what it adds to the digest must not be.
      for (const { id, score, reason } of scores) digest.add(id, score, reason);
      const sha256 = digest.compute();
      const written = writer.write(() => {
        // Batches are under way together: where one was refused, those behind it must not leave a gap.
        if (scores[0]?.id !== countScores.get(stageId)) throw createGapError(connection.name);
        for (const { id, score, reason } of scores) insertScore.run(stageId, id, score, reason);
        witness.run(sha256, stageId);
      });
      // What lies there now is known to the database alone.
      written.catch(() => digestByStage.delete(stageId));
      return written;
    },

    async readScores(stage: string, candidateCount: number): Promise<Float64Array> {
      const scores = new Float64Array(candidateCount).fill(Number.NaN);
      const stageId = stages.idOf(stage);
      for (let first = 0; first < candidateCount; first += batchRows) {
        for (const { candidate_id, score } of readAll.all(stageId, first, first + batchRows)) {
          if (score !== null) scores[candidate_id] = score;
        }
        await setImmediate();
      }
      return scores;
    },

    async writeSelection(stage: string, { kept, reasons }: SelectionResult, names: readonly string[]): Promise<void> {
      const stageId = stages.idOf(stage);
      const rankById = new Int32Array(reasons.length).fill(-1);
      kept.forEach((id, rank) => {
        rankById[id] = rank;
      });
      const digest = createRowDigest();
      const rankOf = (id: number): number | null => ((rankById[id] as number) < 0 ? null : (rankById[id] as number));
      const reasonOf = (id: number): string => names[reasons[id] as number] as string;
      const tornCount = lastSelected.get(stageId) as number;
      for (let first = 0; first < tornCount; first += batchRows) {
        await writer.writeBatch(() => void clearSelection.run(stageId, first, first + batchRows));
      }
      for (let first = 0; first < reasons.length; first += batchRows) {
        const end = Math.min(first + batchRows, reasons.length);
        for (let id = first; id < end; id++) digest.add(id, rankOf(id), reasonOf(id));
        await writer.writeBatch(() => {
          for (let id = first; id < end; id++) insertSelection.run(stageId, id, rankOf(id), reasonOf(id));
        });
      }
      await writer.write(() => void witness.run(digest.compute(), stageId));
    },
  };
}

function createGapError(where: string): StoreError {
  return new StoreError("scores came after a batch that could not be written", { where });
}
