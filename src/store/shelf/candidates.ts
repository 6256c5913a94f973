// Dataset rows, attempts and candidates: what was there, what was intended, what was written.
// Reading goes page by page, so that nothing is held open while others write.

import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { Clock, Ledger } from "../../domain/context.ts";
import type { Candidate, Row, Split, StoredCandidate } from "../../domain/rows.ts";
import type { CandidateBatch, CandidateColumns, CandidateSummary } from "../../domain/shelf.ts";
import type { Connection, Statement } from "../database.ts";
import { renderFloats } from "../measurements.ts";
import type { StageTable } from "../stages.ts";
import { type CandidatePlace, computeAttemptDigest } from "../witness/candidate-rows.ts";
import { createDamageError } from "../witness/damage.ts";
import type { Writer } from "../writer.ts";

interface CandidateRow {
  readonly id: number;
  readonly position: number;
  readonly draw: number;
  readonly completion: string;
  readonly finish: Candidate["finish"];
  readonly reason: Candidate["reason"];
  readonly log_probability: number | null;
  readonly token_count: number;
  readonly attempt: string;
  readonly row_id: string;
  readonly article: string;
  readonly summary: string;
}

/** Rows read at once: large enough to cost nothing a row, small enough to hold the event loop for milliseconds. */
const pageRows = 500;

export type CandidateShelf = ReturnType<typeof createCandidateShelf>;

export function createCandidateShelf(connection: Connection, writer: Writer, stages: StageTable, clock: Clock) {
  const findCurrent = connection.prepare<[Split], { id: number; row_count: number }>(
    "SELECT id, row_count FROM dataset WHERE split = ? AND is_current = 1",
  );
  const current = (split: Split) => findCurrent.get(split) ?? { id: 0, row_count: 0 };
  const pageOfRows = connection.prepare<[number, number, number], Row>(
    "SELECT id, article, summary FROM dataset_row WHERE dataset_id = ? AND position >= ? ORDER BY position LIMIT ?",
  );
  const intend = connection.prepare(
    `INSERT INTO attempt (stage_id, key, row_count, state, is_outside, intended_ms) VALUES (?, ?, ?, 'sent', ?, ?)
     ON CONFLICT (stage_id, key) DO UPDATE SET state = 'sent', try_count = try_count + 1`,
  );
  const findAttempt = connection.prepare<[number, string], { id: number }>(
    "SELECT id FROM attempt WHERE stage_id = ? AND key = ?",
  );
  const closeAttempt = connection.prepare("UPDATE attempt SET state = 'done', closed_ms = ? WHERE id = ?");
  // The prompt's place gives the candidate its own: id = position x draws + draw.
  const insert = connection.prepare<[object], CandidatePlace>(
    `INSERT INTO candidate (stage_id, id, dataset_id, position, draw, completion, finish, reason, log_probability,
       token_count, token_log_probabilities, attempt_id)
     SELECT @stage, position * @draws + @draw, dataset_id, position, @draw, @completion, @finish, @reason,
       @logProbability, @tokenCount, @blob, @attempt FROM dataset_row WHERE dataset_id = @dataset AND id = @promptId
     RETURNING id, position`,
  );
  const witness = connection.prepare("UPDATE attempt SET rows_sha256 = ? WHERE id = ?");
  const count = connection.prepare<[number], { n: number }>("SELECT count(*) AS n FROM candidate WHERE stage_id = ?");
  const sampled = connection
    .prepare<[number], number>("SELECT DISTINCT position FROM candidate WHERE stage_id = ?")
    .pluck();
  const pageOfCandidates = connection.prepare<[number, number, number], CandidateRow>(
    `SELECT c.id, c.position, c.draw, c.completion, c.finish, c.reason, c.log_probability, c.token_count,
       a.key AS attempt, d.id AS row_id, d.article, d.summary
     FROM candidate c JOIN attempt a ON a.id = c.attempt_id
       JOIN dataset_row d ON d.dataset_id = c.dataset_id AND d.position = c.position
     WHERE c.stage_id = ? AND c.id >= ? ORDER BY c.id LIMIT ?`,
  );

  const pageOfTexts = connection.prepare<
    [number, number, number],
    Omit<CandidateRow, "row_id" | "article" | "summary">
  >(
    `SELECT id, position, completion, finish, reason, log_probability, token_count FROM candidate
     WHERE stage_id = ? AND id >= ? ORDER BY id LIMIT ?`,
  );
  const pageOfColumns = connection.prepare<[number, number, number], Pick<CandidateRow, "id" | "position" | "reason">>(
    "SELECT id, position, reason FROM candidate WHERE stage_id = ? AND id >= ? ORDER BY id LIMIT ?",
  );

  async function* readRows(split: Split): AsyncGenerator<Row> {
    const dataset = current(split).id;
    for (let position = 0; ; position += pageRows) {
      const page = pageOfRows.all(dataset, position, pageRows);
      yield* page;
      if (page.length < pageRows) return;
      await setImmediate();
    }
  }

  async function* readCandidates(stage: string): AsyncGenerator<StoredCandidate> {
    for await (const page of readPages(pageOfCandidates, stages.idOf(stage))) yield* page.map(createStored);
  }

  const writeCandidates = (stage: string, { split, draws, candidates }: CandidateBatch): Promise<void> =>
    writer.write(() => {
      const stageId = stages.idOf(stage);
      const dataset = current(split).id;
      const attemptKey = candidates[0]?.attempt;
      if (attemptKey === undefined) return;
      const attempt = findAttempt.get(stageId, attemptKey) as { id: number };
      const written = candidates.map(({ tokenLogProbabilities, attempt: _, ...candidate }) => {
        const blob = tokenLogProbabilities ? renderFloats(tokenLogProbabilities) : null;
        const place = insert.get({ ...candidate, stage: stageId, dataset, draws, blob, attempt: attempt.id });
        if (!place) throw createDamageError(`the dataset has no row ${candidate.promptId}`, connection.name);
        return { ...candidate, ...place, dataset, blob };
      });
      witness.run(computeAttemptDigest(written), attempt.id);
      closeAttempt.run(clock.now(), attempt.id);
    });

  return {
    rowCount: (split: Split): number => current(split).row_count,
    readRows,
    readCandidates,
    writeCandidates,
    candidateCount: (stage: string): number => (count.get(stages.idOf(stage)) as { n: number }).n,
    readSampled(stage: string, split: Split): Uint8Array {
      const isSampled = new Uint8Array(current(split).row_count);
      for (const position of sampled.all(stages.idOf(stage))) isSampled[position] = 1;
      return isSampled;
    },
    async readSummary(stage: string): Promise<CandidateSummary> {
      const hash = createHash("sha256");
      const counts = { rows: 0, stopped: 0, truncated: 0, refused: 0, tokens: 0 };
      for await (const page of readPages(pageOfTexts, stages.idOf(stage))) {
        const lines = page.map(({ id, completion, finish, reason, log_probability, token_count }) => {
          counts.tokens += token_count;
          counts[countByFinish[finish]] += 1;
          return JSON.stringify([id, completion, finish, reason, log_probability, token_count]);
        });
        counts.rows += page.length;
        hash.update(lines.join("\n"));
      }
      return { ...counts, sha256: hash.digest("hex") };
    },
    async readColumns(stage: string): Promise<CandidateColumns> {
      const stageId = stages.idOf(stage);
      const candidateCount = (count.get(stageId) as { n: number }).n;
      const promptIndexes = new Uint32Array(candidateCount);
      const unusable = new Uint8Array(candidateCount);
      for await (const page of readPages(pageOfColumns, stageId)) {
        for (const { id, position, reason } of page) {
          promptIndexes[id] = position;
          unusable[id] = reason === "refused" ? 1 : reason === "unparsable" ? 2 : 0;
        }
      }
      return { promptIndexes, unusable };
    },
    readTexts: (stage: string) => readPages(pageOfTexts, stages.idOf(stage)),
    /** The ledger of one stage: an intent is on disk before its work begins. */
    createLedger: (stage: string): Ledger => ({
      intend: ({ key, rowCount, isOutside }) =>
        writer.write(() => void intend.run(stages.idOf(stage), key, rowCount, isOutside ? 1 : 0, clock.now())),
    }),
  };
}

/** Pages of a stage's rows in id order, with a turn of the event loop between them. */
async function* readPages<Page extends { readonly id: number }>(
  statement: Statement<[number, number, number], Page>,
  stageId: number,
): AsyncGenerator<readonly Page[]> {
  for (let next = 0; ; ) {
    const page = statement.all(stageId, next, pageRows);
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageRows) return;
    next = last.id + 1;
    await setImmediate();
  }
}

const countByFinish = { stop: "stopped", length: "truncated", refused: "refused" } as const;

function createStored(row: CandidateRow): StoredCandidate {
  return {
    id: row.id,
    promptIndex: row.position,
    row: { id: row.row_id, article: row.article, summary: row.summary },
    candidate: {
      promptId: row.row_id,
      draw: row.draw,
      completion: row.completion,
      finish: row.finish,
      reason: row.reason,
      logProbability: row.log_probability,
      tokenCount: row.token_count,
      tokenLogProbabilities: null,
      attempt: row.attempt,
    },
  };
}
