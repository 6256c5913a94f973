// Scores and selections, written in id order and in batches that never hold the event loop for long.

import type { Score } from "../../domain/rows.ts";
import type { Connection } from "../database.ts";
import type { StageTable } from "../stages.ts";
import { createRowDigest, type RowDigest } from "../witness/row-digest.ts";
import { readScoreDigest } from "../witness/stage-rows.ts";
import type { Writer } from "../writer.ts";

const batchRows = 2000;

export type ScoreShelf = ReturnType<typeof createScoreShelf>;

/** `reasons` names the codes of a selection's reason column. */
export function createScoreShelf(connection: Connection, writer: Writer, stages: StageTable) {
  const insertScore = connection.prepare(
    "INSERT INTO score (stage_id, candidate_id, score, reason) VALUES (?, ?, ?, ?)",
  );
  const witness = connection.prepare("UPDATE stage SET rows_sha256 = ? WHERE id = ?");
  /** Of the verify stages at work: the digest of the scores written so far. */
  const digestByStage = new Map<number, RowDigest>();
  const countScores = connection.prepare<[number], { n: number }>("SELECT count(*) AS n FROM score WHERE stage_id = ?");
  const readAll = connection.prepare<[number, number, number], { candidate_id: number; score: number | null }>(
    `SELECT candidate_id, score FROM score WHERE stage_id = ? AND candidate_id >= ? AND candidate_id < ?`,
  );
  const clearSelection = connection.prepare("DELETE FROM selection WHERE stage_id = ?");
  const insertSelection = connection.prepare(
    "INSERT INTO selection (stage_id, candidate_id, rank, reason) VALUES (?, ?, ?, ?)",
  );

  return {
    scoreCount: (stage: string): number => (countScores.get(stages.idOf(stage)) as { n: number }).n,

    async writeScores(stage: string, scores: readonly Score[]): Promise<void> {
      const stageId = stages.idOf(stage);
      const digest = digestByStage.get(stageId) ?? (await readScoreDigest(connection, stageId));
      // A write may be tried twice; what it adds to the digest must not be.
      digestByStage.delete(stageId);
      for (const { id, score, reason } of scores) digest.add(id, score, reason);
      const sha256 = digest.compute();
      await writer.write(() => {
        for (const { id, score, reason } of scores) insertScore.run(stageId, id, score, reason);
        witness.run(sha256, stageId);
      });
      digestByStage.set(stageId, digest);
    },

    readScores(stage: string, candidateCount: number): Float64Array {
      const scores = new Float64Array(candidateCount).fill(Number.NaN);
      const stageId = stages.idOf(stage);
      for (let first = 0; first < candidateCount; first += batchRows) {
        for (const { candidate_id, score } of readAll.all(stageId, first, first + batchRows)) {
          if (score !== null) scores[candidate_id] = score;
        }
      }
      return scores;
    },

    async writeSelection(stage: string, kept: Uint32Array, reasons: readonly string[]): Promise<void> {
      const stageId = stages.idOf(stage);
      const rankById = new Int32Array(reasons.length).fill(-1);
      kept.forEach((id, rank) => {
        rankById[id] = rank;
      });
      const digest = createRowDigest();
      const rankOf = (id: number): number | null => ((rankById[id] as number) < 0 ? null : (rankById[id] as number));
      await writer.write(() => void clearSelection.run(stageId));
      for (let first = 0; first < reasons.length; first += batchRows) {
        const end = Math.min(first + batchRows, reasons.length);
        for (let id = first; id < end; id++) digest.add(id, rankOf(id), reasons[id] as string);
        await writer.write(() => {
          for (let id = first; id < end; id++) insertSelection.run(stageId, id, rankOf(id), reasons[id]);
        });
      }
      await writer.write(() => void witness.run(digest.compute(), stageId));
    },
  };
}
