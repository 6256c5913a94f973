// The candidates of each attempt against the digest they were written with. A stage that was torn is covered like a
// finished one: what an attempt brought is never bought again, so it must be known to be what was bought.

import { setImmediate } from "node:timers/promises";
import type { Candidate } from "../../domain/rows.ts";
import type { Connection } from "../database.ts";
import { createRowDigest, type RowDigest } from "./row-digest.ts";

export interface WrittenCandidate
  extends Omit<Candidate, "promptId" | "attempt" | "tokenLogProbabilities" | "article"> {
  readonly id: number;
  readonly position: number;
  readonly dataset: number;
  readonly blob: Uint8Array | null;
  readonly article: string | null;
}

/** The digest of one attempt's candidates, in plan order whatever the order of arrival. */
export function computeAttemptDigest(candidates: readonly WrittenCandidate[]): string {
  const digest = createRowDigest();
  const ordered = candidates.length === 1 ? candidates : [...candidates].sort((a, b) => a.id - b.id);
  for (const candidate of ordered) addCandidate(digest, candidate);
  return digest.compute();
}

function addCandidate(digest: RowDigest, candidate: WrittenCandidate): void {
  const { id, dataset, position, draw, completion, finish, reason, logProbability, tokenCount, blob, article } =
    candidate;
  const values = [id, dataset, position, draw, completion, finish, reason, logProbability, tokenCount, blob];
  // Digests are older than articles of a candidate's own.
  if (article !== null) values.push(article);
  digest.addRow(values);
}

interface StoredRow extends WrittenCandidate {
  readonly attempt: number;
}

interface AttemptRow {
  readonly id: number;
  readonly key: string;
  readonly row_count: number;
  readonly rows_sha256: string | null;
}

const pageRows = 500;

/**
 * Reads a sample stage's candidates page by page, yielding after each page how many it read and what was found wrong.
 * Where `isDone`, every prompt has its draws, once and in order: prompt by prompt, or round by round where nobody knew
 * how many draws there would be.
 */
export async function* checkCandidateRows(
  connection: Connection,
  { stageId, isDone }: { readonly stageId: number; readonly isDone: boolean },
): AsyncGenerator<{ readonly rows: number; readonly problems: readonly string[] }> {
  const page = connection.prepare<[number, number, number], StoredRow>(
    `SELECT id, dataset_id AS dataset, position, draw, completion, finish, reason, log_probability AS logProbability,
       token_count AS tokenCount, token_log_probabilities AS blob, attempt_id AS attempt, article
     FROM candidate WHERE stage_id = ? AND id >= ? ORDER BY id LIMIT ?`,
  );
  const attemptById = new Map(
    connection
      .prepare<[number], AttemptRow>(
        "SELECT id, key, row_count, rows_sha256 FROM attempt WHERE stage_id = ? AND state = 'done' AND row_count > 0",
      )
      .all(stageId)
      .map((attempt) => [attempt.id, attempt]),
  );
  const isInPlace = createPlaceCheck(connection, stageId);
  const openByAttempt = new Map<number, { readonly digest: RowDigest; count: number }>();
  let due = 0;
  let last: StoredRow | undefined;
  for (let next = 0; ; ) {
    const rows = page.all(stageId, next, pageRows);
    const problems: string[] = [];
    for (const row of rows) {
      if (isDone && row.id !== due) problems.push(`candidate ${due} is missing`);
      else if (isDone && !isInPlace(row, last)) problems.push(`candidate ${row.id} is out of its place`);
      due = row.id + 1;
      last = row;
      const attempt = attemptById.get(row.attempt);
      const open = openByAttempt.get(row.attempt) ?? { digest: createRowDigest(), count: 0 };
      openByAttempt.set(row.attempt, open);
      addCandidate(open.digest, row);
      open.count += 1;
      if (open.count !== attempt?.row_count) continue;
      openByAttempt.delete(row.attempt);
      attemptById.delete(row.attempt);
      if (open.digest.compute() !== attempt.rows_sha256) problems.push(`attempt ${attempt.key} did not bring these`);
    }
    yield { rows: rows.length, problems };
    if (rows.length < pageRows) break;
    next = due;
    await setImmediate();
  }
  const left = [...attemptById.values()].map(({ key }) => `attempt ${key} has not all it brought`);
  const strays = [...openByAttempt].filter(([id]) => !attemptById.has(id)).map(([id]) => `no finished attempt ${id}`);
  yield { rows: 0, problems: [...left, ...strays] };
}

type PlaceCheck = (row: StoredRow, last: StoredRow | undefined) => boolean;

function createPlaceCheck(connection: Connection, stageId: number): PlaceCheck {
  const isByRounds = connection
    .prepare<[number], number>("SELECT json_type(parameters, '$.accept') IS NOT NULL FROM stage WHERE id = ?")
    .pluck();
  if (isByRounds.get(stageId) !== 1) return isPromptByPrompt;
  const rowCount = connection.prepare<[number], number>("SELECT row_count FROM dataset WHERE id = ?").pluck();
  return (row, last) => {
    if (last === undefined) return row.position === 0 && row.draw === 0;
    const isSame = row.draw === last.draw && row.position === last.position + 1;
    const isNext = row.draw === last.draw + 1 && row.position === 0 && last.position + 1 === rowCount.get(row.dataset);
    return row.dataset === last.dataset && (isSame || isNext);
  };
}

/** Draw by draw of each, of one dataset. */
function isPromptByPrompt(row: StoredRow, last: StoredRow | undefined): boolean {
  if (last === undefined) return row.position === 0 && row.draw === 0;
  const isSame = row.position === last.position && row.draw === last.draw + 1;
  return row.dataset === last.dataset && (isSame || (row.position === last.position + 1 && row.draw === 0));
}
