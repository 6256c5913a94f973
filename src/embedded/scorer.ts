// The Scorer port over the pool: log-probabilities of given completions, in input order.
// A completion longer than the model's is scored as far as it goes, and its reason says so.

import type { LogProbability, Scorer } from "../domain/ports.ts";
import type { Example } from "../domain/rows.ts";
import { performChunks } from "./chunks.ts";
import type { ModelReference, ScoreOutcome } from "./messages.ts";
import type { Pool } from "./pool.ts";
import type { ModelShape } from "./shape.ts";

/** Examples handed to a worker at once, about 0.06 s; scores do not depend on it. */
const chunkSize = 256;

/** Creates the scorer of all models of one shape. Nothing is intended in the ledger: a score can be had again. */
export function createScorer(pool: Pool, shape: ModelShape): Scorer {
  return {
    version: 1,
    score(examples, { model }, context) {
      const perform = (chunk: readonly Example[], signal: AbortSignal): Promise<readonly LogProbability[]> =>
        scoreChunk(pool, chunk, { model, shape, signal });
      return performChunks(examples, { size: chunkSize, width: pool.workerCount + 1, signal: context.signal, perform });
    },
  };
}

async function scoreChunk(
  pool: Pool,
  chunk: readonly Example[],
  { model, shape, signal }: { model: ModelReference; shape: ModelShape; signal: AbortSignal },
): Promise<readonly LogProbability[]> {
  const asked = chunk.filter(isScorable);
  const rows = asked.map(({ prompt, completion }) => ({ prompt, completion }));
  const outcomes = await pool.run({ kind: "score", model, rows }, { signal });
  let next = 0;
  return chunk.map((example) => createScore(example.id, isScorable(example) ? outcomes[next++] : undefined, shape));
}

/** A prompt without a single token cannot be encoded. */
function isScorable({ prompt }: Example): boolean {
  return /\S/.test(prompt);
}

/** `outcome` is undefined where the prompt is empty. */
function createScore(id: string, outcome: ScoreOutcome | undefined, { completion }: ModelShape): LogProbability {
  if (outcome === undefined) return { id, sum: null, tokenCount: 0, tokens: null, reason: "the prompt is empty" };
  const { logProbabilities, cut } = outcome;
  return {
    id,
    sum: logProbabilities.reduce((sum, term) => sum + term, 0),
    tokenCount: logProbabilities.length,
    tokens: logProbabilities,
    reason: cut ? `cut to ${completion} tokens` : null,
  };
}
