// The verify stage: every candidate's score by one verifier, written in plan order. Goes on where it was torn.

import type { Score, StoredCandidate } from "../../domain/rows.ts";
import { VerifierError } from "../../errors.ts";
import { renderCanonical } from "../../keys/canonical.ts";
import { computeDigest } from "../../keys/digest.ts";
import { createInFlight } from "./in-flight.ts";
import type { NamedVerifier } from "./settings.ts";
import type { Work } from "./work.ts";

export interface ScoresValue {
  readonly rows: number;
  readonly unscorable: number;
  readonly sha256: string;
}

/** Scores committed at once, and how many may wait for the disk while more are computed. */
const batchRows = 256;
const scoresInFlight = 8 * batchRows;

export async function verifyCandidates(work: Work): Promise<ScoresValue> {
  const { inputs, context, parts } = work;
  const [candidates, auxiliary] = inputs;
  if (!candidates) throw new TypeError("a verify stage needs candidates");
  const candidateCount = parts.shelf.candidateCount(candidates.key);
  const scoredCount = parts.shelf.scoreCount(context.key);

  if (scoredCount < candidateCount) {
    const { verifier } = findVerifier(work);
    const model = auxiliary ? await parts.shelf.readModel(auxiliary.key) : null;
    const request = { model, candidateCount: candidateCount - scoredCount, seed: context.key };
    const rest = skipFirst(parts.shelf.readCandidates(candidates.key), scoredCount);
    await writeScores(work, verifier.verify(rest, request, context), { scoredCount, candidateCount });
  }

  const scores = await parts.shelf.readScores(context.key, candidateCount);
  const unscorable = scores.reduce((count, score) => count + (Number.isNaN(score) ? 1 : 0), 0);
  return { rows: candidateCount, unscorable, sha256: computeDigest(new Uint8Array(scores.buffer)) };
}

/** A verifier is found by its parameters, the very thing the stage's key stands for. */
function findVerifier({ description, parts }: Work): NamedVerifier {
  const wanted = renderCanonical((description.parameters as { readonly verifier?: unknown }).verifier);
  const found = Object.values(parts.verifiers).find((named) => renderCanonical(named.parameters) === wanted);
  if (!found) throw new VerifierError(`no verifier with parameters ${wanted}`);
  return found;
}

async function writeScores(
  { context, parts }: Work,
  scores: AsyncIterable<Score>,
  { scoredCount, candidateCount }: { readonly scoredCount: number; readonly candidateCount: number },
): Promise<void> {
  let next = scoredCount;
  let batch: Score[] = [];
  const writes = createInFlight(scoresInFlight);
  const commit = async (): Promise<void> => {
    if (batch.length === 0) return;
    const [scored, count] = [batch, batch.length];
    batch = [];
    await writes.add(parts.shelf.writeScores(context.key, scored), count);
    context.progress.report(next, candidateCount);
  };
  for await (const score of scores) {
    context.signal.throwIfAborted();
    if (score.id !== next) throw new VerifierError(`scored candidate ${score.id} where ${next} was due`);
    next += 1;
    if (batch.push(score) === batchRows) await commit();
  }
  await commit();
  await writes.settle();
  if (next !== candidateCount) throw new VerifierError(`scored ${next} of ${candidateCount} candidates`);
}

async function* skipFirst(candidates: AsyncIterable<StoredCandidate>, count: number): AsyncGenerator<StoredCandidate> {
  for await (const candidate of candidates) if (candidate.id >= count) yield candidate;
}
