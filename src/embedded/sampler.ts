// The Sampler port over the pool: prompts in fixed chunks, each intended in the ledger before it is decoded.
// It knows no store and no templates; a candidate is the text that came back.

import type { Context } from "../domain/context.ts";
import type { SampleRequest, Sampler } from "../domain/ports.ts";
import type { Candidate, Prompt } from "../domain/rows.ts";
import { ProviderError } from "../errors.ts";
import { performChunks } from "./chunks.ts";
import type { DecodeOutcome } from "./messages.ts";
import type { Pool } from "./pool.ts";
import type { ModelShape } from "./shape.ts";

/** Prompts a chunk, which commits whole or is done again. Draws do not depend on it; the version covers it all the same. */
export const chunkSize = 128;

/** Creates the sampler of all models of one shape: the base and whatever is fine-tuned from it. */
export function createSampler(pool: Pool, shape: ModelShape): Sampler {
  return {
    version: 1,
    drawsBySeeds: true,
    sample(prompts, request, context) {
      validateRequest(request, shape);
      const perform = (chunk: readonly Prompt[], signal: AbortSignal): Promise<readonly Candidate[]> =>
        decodeChunk(pool, chunk, { request, context, signal });
      return performChunks(prompts, { size: chunkSize, width: pool.workerCount + 1, signal: context.signal, perform });
    },
  };
}

/** The chunk's candidates, draw by draw within a prompt; the first prompt and the count name the attempt. */
async function decodeChunk(
  pool: Pool,
  chunk: readonly Prompt[],
  { request, context, signal }: { request: SampleRequest; context: Context; signal: AbortSignal },
): Promise<readonly Candidate[]> {
  const { draws, model, temperature, topP, topK, maxTokens, stop = [], seed } = request;
  const attempt = `${chunk[0]!.id}+${chunk.length}`;
  await context.ledger.intend({ key: attempt, rowCount: chunk.length * draws, isOutside: false });
  const asked = chunk.filter(isAnswerable);
  const unseeded = asked.find(({ seeds }) => seeds !== undefined && seeds.length !== draws);
  if (unseeded) throw new TypeError(`prompt ${unseeded.id} brings ${unseeded.seeds?.length} seeds for ${draws} draws`);
  const outcomes = await pool.run(
    { kind: "decode", model, prompts: asked, draws, temperature, topP, topK, maxTokens, stop, seed },
    { signal },
  );
  let askedCount = 0;
  return chunk.flatMap((prompt) => {
    const first = isAnswerable(prompt) ? draws * askedCount++ : outcomes.length;
    return Array.from({ length: draws }, (_, draw) =>
      createCandidate(outcomes[first + draw], { promptId: prompt.id, draw, attempt }),
    );
  });
}

/** A prompt without a single token cannot be encoded; its candidates are rows that say so. */
function isAnswerable({ text }: Prompt): boolean {
  return /\S/.test(text);
}

/** A candidate that was cut off or came back empty is a row all the same, with its reason. */
function createCandidate(
  outcome: DecodeOutcome | undefined,
  place: Pick<Candidate, "promptId" | "draw" | "attempt">,
): Candidate {
  if (outcome === undefined) {
    const none = { logProbability: null, tokenCount: 0, tokenLogProbabilities: null };
    return { ...place, ...none, completion: "", finish: "refused", reason: "refused" };
  }
  const { text, finish, logProbabilities } = outcome;
  return {
    ...place,
    completion: text,
    finish,
    reason: finish === "length" ? "truncated" : text === "" ? "empty" : null,
    logProbability: logProbabilities.reduce((sum, term) => sum + term, 0),
    tokenCount: logProbabilities.length,
    tokenLogProbabilities: logProbabilities,
  };
}

/** Refuses what the model cannot do before anything is intended or begun. */
function validateRequest(request: SampleRequest, { completion }: ModelShape): void {
  const { draws, temperature, topP, topK, maxTokens, stop = [] } = request;
  const refuse = (what: string, next: string): never => {
    throw new ProviderError(what, { where: "embedded model", next });
  };
  if (!Number.isInteger(maxTokens) || maxTokens < 1 || maxTokens > completion) {
    refuse(
      `maxTokens is ${maxTokens}, the model writes 1 to ${completion}`,
      `set sample.maxTokens to ${completion} or less`,
    );
  }
  if (!Number.isInteger(draws) || draws < 1) refuse(`draws is ${draws}`, "ask for at least one candidate a prompt");
  if (!(temperature >= 0 && temperature < Number.POSITIVE_INFINITY)) {
    refuse(`temperature is ${temperature}`, "give a temperature of 0 (greedy) or more");
  }
  if (topP !== null && !(topP > 0 && topP <= 1)) refuse(`topP is ${topP}`, "give a topP above 0 and up to 1");
  if (topK !== null && !(Number.isInteger(topK) && topK >= 1)) refuse(`topK is ${topK}`, "give a topK of 1 or more");
  if (stop.includes("")) refuse("a stop text is empty", "give stop texts of one character or more");
}
