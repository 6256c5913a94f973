// What is known of a corpus that came out empty: how the scores came out that its newest selection went by.
// Read once a run, when there is nothing to train on.

import type { Unscored } from "../../domain/shelf.ts";
import type { Connection } from "../database.ts";
import type { StageTable } from "../stages.ts";

export function createUnscoredShelf(connection: Connection, stages: StageTable) {
  // A corpus's last input is the newest selection, whose second is the verify stage that it went by.
  const findVerify = connection
    .prepare<[number], number>(
      `SELECT v.id FROM stage a JOIN stage s ON s.key = json_extract(a.inputs, '$[#-1]') AND s.kind = 'select'
         JOIN stage v ON v.key = json_extract(s.inputs, '$[1]') WHERE a.id = ?`,
    )
    .pluck();
  const countScores = connection.prepare<[number], { readonly candidates: number; readonly unscored: number }>(
    "SELECT count(*) AS candidates, count(*) - count(score) AS unscored FROM score WHERE stage_id = ?",
  );
  const readReason = connection.prepare<[number], { readonly reason: string | null; readonly count: number }>(
    `SELECT reason, count(*) AS count FROM score WHERE stage_id = ? AND score IS NULL
     GROUP BY reason ORDER BY count DESC, reason LIMIT 1`,
  );
  const readAnswer = connection
    .prepare<[number], string>(
      `SELECT json_extract(a.value, '$.answer.text') AS text FROM attempt t JOIN answer a ON a.attempt_id = t.id
       WHERE t.stage_id = ? AND text IS NOT NULL ORDER BY t.id LIMIT 1`,
    )
    .pluck();
  return {
    readUnscored(corpus: string): Unscored | undefined {
      const verify = findVerify.get(stages.idOf(corpus));
      if (verify === undefined) return undefined;
      const counts = countScores.get(verify) ?? { candidates: 0, unscored: 0 };
      const frequent = readReason.get(verify);
      const answer = readAnswer.get(verify);
      return {
        ...counts,
        reason: frequent?.reason ?? null,
        reasonCount: frequent?.count ?? 0,
        answer: typeof answer === "string" ? answer : null,
      };
    },
  };
}
