// Dataset rows and candidates: what was there, what was written.
// Reading goes page by page, so that nothing is held open while others write.

import { createHash } from "node:crypto";
import type { Candidate, Row, Split, StoredCandidate } from "../../domain/rows.ts";
import type { CandidateBatch, CandidateColumns, CandidateSummary } from "../../domain/shelf.ts";
import type { Connection } from "../database.ts";
import type { AttemptTable } from "../ledger/attempts.ts";
import { renderFloats } from "../measurements.ts";
import type { StageTable } from "../stages.ts";
import { computeAttemptDigest } from "../witness/candidate-rows.ts";
import { createDamageError } from "../witness/damage.ts";
import type { Writer } from "../writer.ts";
import { readPages } from "./pages.ts";

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
  readonly own_article: string | null;
}

/** Where only the index is read, or no text. */
const idPageRows = 10_000;
const columnPageRows = 1000;

/** Lines of a summary's digest that a line feed parts; no page has to be of this size. */
const digestGroup = 500;

interface CandidateParts {
  readonly writer: Writer;
  readonly stages: StageTable;
  readonly attempts: AttemptTable;
}

export function createCandidateShelf(connection: Connection, { writer, stages, attempts }: CandidateParts) {
  const findCurrent = connection.prepare<[Split], { id: number; row_count: number }>(
    "SELECT id, row_count FROM dataset WHERE split = ? AND is_current = 1",
  );
  const current = (split: Split) => findCurrent.get(split) ?? { id: 0, row_count: 0 };
  // A stage draws from one dataset: what it draws from is looked up once.
  let latest = { stageId: 0, dataset: 0, rowCount: 0 };
  const datasetOf = (stageId: number, split: Split) => {
    if (latest.stageId !== stageId) {
      const { id: dataset, row_count: rowCount } = current(split);
      latest = { stageId, dataset, rowCount };
    }
    return latest;
  };
  const pageOfRows = connection.prepare<[number, number, number], Row & { readonly position: number }>(
    "SELECT position, id, article, summary FROM dataset_row WHERE dataset_id = ? AND position >= ? ORDER BY position LIMIT ?",
  );
  const findPosition = connection
    .prepare<[number, string], number>("SELECT position FROM dataset_row WHERE dataset_id = ? AND id = ?")
    .pluck();
  const insert = connection.prepare(
    `INSERT INTO candidate (stage_id, id, dataset_id, position, draw, completion, finish, reason, log_probability,
       token_count, token_log_probabilities, attempt_id, article) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  // Ids of a whole stage are dense: one step into the index, where counting a million takes 30 ms.
  const count = connection
    .prepare<[number], number>("SELECT coalesce(max(id) + 1, 0) FROM candidate WHERE stage_id = ?")
    .pluck();
  const pageOfIds = connection.prepare<[number, number, number], { readonly id: number }>(
    "SELECT id FROM candidate WHERE stage_id = ? AND id >= ? ORDER BY id LIMIT ?",
  );
  const pageOfCandidates = connection.prepare<[number, number, number], CandidateRow>(
    `SELECT c.id, c.position, c.draw, c.completion, c.finish, c.reason, c.log_probability, c.token_count,
       a.key AS attempt, d.id AS row_id, d.article, d.summary, c.article AS own_article
     FROM candidate c JOIN attempt a ON a.id = c.attempt_id
       JOIN dataset_row d ON d.dataset_id = c.dataset_id AND d.position = c.position
     WHERE c.stage_id = ? AND c.id >= ? ORDER BY c.id LIMIT ?`,
  );

  const pageOfTexts = connection.prepare<
    [number, number, number],
    Omit<CandidateRow, "row_id" | "article" | "summary" | "own_article"> & { readonly article: string | null }
  >(
    `SELECT id, position, completion, finish, reason, log_probability, token_count, article FROM candidate
     WHERE stage_id = ? AND id >= ? ORDER BY id LIMIT ?`,
  );
  const pageOfColumns = connection.prepare<[number, number, number], Pick<CandidateRow, "id" | "position" | "reason">>(
    "SELECT id, position, reason FROM candidate WHERE stage_id = ? AND id >= ? ORDER BY id LIMIT ?",
  );

  async function* readRows(split: Split): AsyncGenerator<Row> {
    const dataset = current(split).id;
    const place = (row: Row & { readonly position: number }): number => row.position;
    for await (const page of readPages(pageOfRows, dataset, { place, measure: measureRow })) {
      for (const { id, article, summary } of page) yield { id, article, summary };
    }
  }

  async function* readCandidates(stage: string): AsyncGenerator<StoredCandidate> {
    const measure = (row: CandidateRow): number => measureRow(row) + measureText({ ...row, article: row.own_article });
    for await (const page of readPages(pageOfCandidates, stages.idOf(stage), { place: placeOf, measure })) {
      for (const row of page) yield createStored(row);
    }
  }

  const writeCandidates = (stage: string, { split, draws, candidates }: CandidateBatch): Promise<void> => {
    const stageId = stages.idOf(stage);
    const attemptKey = candidates[0]?.attempt;
    if (attemptKey === undefined) return Promise.resolve();
    const write = (): void => {
      const { dataset, rowCount } = datasetOf(stageId, split);
      const attempt = attempts.find(stageId, attemptKey);
      let tokenCount = 0;
      const written = candidates.map((candidate) => {
        const { promptId, draw, completion, finish, reason, logProbability, tokenLogProbabilities } = candidate;
        const position = findPosition.get(dataset, promptId);
        if (position === undefined) throw createDamageError(`the dataset has no row ${promptId}`, connection.name);
        // The prompt's place gives the candidate its own.
        const id = draws === null ? position + draw * rowCount : position * draws + draw;
        const blob = tokenLogProbabilities ? renderFloats(tokenLogProbabilities) : null;
        const { tokenCount: count, article = null } = candidate;
        // biome-ignore format: a value a column, as they stand above
        insert.run(stageId, id, dataset, position, draw, completion, finish, reason,
          logProbability, count, blob, attempt, article);
        tokenCount += count;
        return {
          id,
          dataset,
          position,
          draw,
          completion,
          finish,
          reason,
          logProbability,
          tokenCount: count,
          blob,
          article,
        };
      });
      attempts.close(stageId, attemptKey, { tokenCount, digest: computeAttemptDigest(written) });
    };
    return writer.write(write).then(() => attempts.forget(stageId, attemptKey));
  };

  return {
    rowCount: (split: Split): number => current(split).row_count,
    readRows,
    readCandidates,
    writeCandidates,
    candidateCount: (stage: string): number => count.get(stages.idOf(stage)) as number,
    async readSampled(stage: string, { split, draws }: { readonly split: Split; readonly draws: number }) {
      const isSampled = new Uint8Array(current(split).row_count * draws);
      for await (const page of readPages(pageOfIds, stages.idOf(stage), { place: placeOf, limit: idPageRows })) {
        for (const { id } of page) isSampled[id] = 1;
      }
      return isSampled;
    },
    async readAccepted(stage: string): Promise<Uint8Array> {
      const stageId = stages.idOf(stage);
      const states = new Uint8Array(count.get(stageId) as number);
      for await (const page of readPages(pageOfColumns, stageId, { place: placeOf, limit: columnPageRows })) {
        for (const { id, reason } of page) states[id] = unusableCode(reason) === 0 ? 1 : 2;
      }
      return states;
    },
    async readSummary(stage: string): Promise<CandidateSummary> {
      const hash = createHash("sha256");
      const counts = { rows: 0, stopped: 0, truncated: 0, refused: 0, tokens: 0 };
      for await (const page of readPages(pageOfTexts, stages.idOf(stage), { place: placeOf, measure: measureText })) {
        for (const { id, completion, finish, reason, log_probability, token_count, article } of page) {
          const own = article === null ? [] : [article];
          const line = JSON.stringify([id, completion, finish, reason, log_probability, token_count, ...own]);
          hash.update(counts.rows % digestGroup === 0 ? line : `\n${line}`);
          counts.rows += 1;
          counts.tokens += token_count;
          counts[countByFinish[finish]] += 1;
        }
      }
      return { ...counts, sha256: hash.digest("hex") };
    },
    async readColumns(stage: string): Promise<CandidateColumns> {
      const stageId = stages.idOf(stage);
      const candidateCount = count.get(stageId) as number;
      const promptIndexes = new Uint32Array(candidateCount);
      const unusable = new Uint8Array(candidateCount);
      for await (const page of readPages(pageOfColumns, stageId, { place: placeOf, limit: columnPageRows })) {
        for (const { id, position, reason } of page) {
          promptIndexes[id] = position;
          unusable[id] = unusableCode(reason);
        }
      }
      return { promptIndexes, unusable };
    },
    readTexts: (stage: string) => readPages(pageOfTexts, stages.idOf(stage), { place: placeOf, measure: measureText }),
  };
}

type Texts = { readonly completion: string; readonly article: string | null };

const measureText = ({ completion, article }: Texts): number => completion.length + (article?.length ?? 0);

/** As CandidateColumns has it; what was cut off is a text all the same. */
function unusableCode(reason: Candidate["reason"]): number {
  return reason === "refused" ? 1 : reason === "unparsable" ? 2 : reason === "marker" ? 3 : 0;
}

const placeOf = ({ id }: { readonly id: number }): number => id;

const measureRow = ({ article, summary }: Pick<Row, "article" | "summary">): number => article.length + summary.length;

const countByFinish = { stop: "stopped", length: "truncated", refused: "refused" } as const;

function createStored(row: CandidateRow): StoredCandidate {
  return {
    id: row.id,
    promptIndex: row.position,
    // The row's reference says nothing of an article that is another one.
    row:
      row.own_article === null
        ? { id: row.row_id, article: row.article, summary: row.summary }
        : { id: row.row_id, article: row.own_article, summary: "" },
    candidate: {
      promptId: row.row_id,
      draw: row.draw,
      completion: row.completion,
      ...(row.own_article !== null && { article: row.own_article }),
      finish: row.finish,
      reason: row.reason,
      logProbability: row.log_probability,
      tokenCount: row.token_count,
      tokenLogProbabilities: null,
      attempt: row.attempt,
    },
  };
}
