// The verify stage: every candidate's score by one verifier, written in plan order. Goes on where it was torn.

import type { AttackLint } from "../../domain/lint.ts";
import type { Verifier } from "../../domain/ports.ts";
import type { Score, StoredCandidate } from "../../domain/rows.ts";
import type { Stage } from "../../domain/stage.ts";
import { VerifierError } from "../../errors.ts";
import { renderCanonical } from "../../keys/canonical.ts";
import { computeDigest } from "../../keys/digest.ts";
import { createInFlight } from "./in-flight.ts";
import type { Canaries, NamedVerifier } from "./settings.ts";
import type { Work } from "./work.ts";

export interface ScoresValue {
  readonly rows: number;
  readonly unscorable: number;
  readonly sha256: string;
  /** How attacks on the verifier fared; absent where it reads no texts. */
  readonly attacks?: AttackLint;
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
  const { verifier, canaries } = findVerifier(work);

  if (scoredCount < candidateCount) {
    const model = auxiliary ? await parts.shelf.readModel(auxiliary.key) : null;
    const request = { model, candidateCount: candidateCount - scoredCount, seed: context.key };
    const skip = verifier.grain === "prompt" ? skipPrompts : skipFirst;
    const rest = skip(parts.shelf.readCandidates(candidates.key), scoredCount);
    await writeScores(work, verifier.verify(rest, request, context), { scoredCount, candidateCount });
  }

  const scores = await parts.shelf.readScores(context.key, candidateCount);
  const unscorable = scores.reduce((count, score) => count + (Number.isNaN(score) ? 1 : 0), 0);
  const value = { rows: candidateCount, unscorable, sha256: computeDigest(new Uint8Array(scores.buffer)) };
  if (canaries === undefined) return value;
  return { ...value, attacks: await attackVerifier(work, { candidates, verifier, canaries }, scores) };
}

/** What the attacks got was asked through the ledger, so a stage that is gone on with pays for none of them again. */
async function attackVerifier(
  { context, parts }: Work,
  {
    candidates,
    verifier,
    canaries,
  }: { readonly candidates: Stage; readonly verifier: Verifier; readonly canaries: Canaries },
  scores: Float64Array,
): Promise<AttackLint> {
  const stage = { candidateCount: scores.length, seed: context.key };
  const { planted, isAttack } = await canaries.plant(parts.shelf.readCandidates(candidates.key), stage);
  const request = { model: null, candidateCount: planted.length, seed: context.key };
  const given: Score[] = [];
  for await (const score of verifier.verify(readAll(planted), request, context)) {
    if (isAttack(score.id)) given.push(score);
  }
  return canaries.compute(given, scores);
}

async function* readAll(planted: readonly StoredCandidate[]): AsyncGenerator<StoredCandidate> {
  yield* planted;
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
  try {
    for await (const score of scores) {
      context.signal.throwIfAborted();
      // Of a prompt that was torn, the first scores are there already.
      if (score.id < scoredCount) continue;
      if (score.id !== next) throw new VerifierError(`scored candidate ${score.id} where ${next} was due`);
      next += 1;
      if (batch.push(score) === batchRows) await commit();
    }
  } finally {
    // What a verifier gave before it failed is kept.
    await commit();
    await writes.settle();
  }
  if (next !== candidateCount) throw new VerifierError(`scored ${next} of ${candidateCount} candidates`);
}

/** As skipFirst, from the first candidate of the prompt that it leads into. */
async function* skipPrompts(
  candidates: AsyncIterable<StoredCandidate>,
  count: number,
): AsyncGenerator<StoredCandidate> {
  let held: StoredCandidate[] = [];
  for await (const candidate of candidates) {
    if (candidate.id < count) {
      if (held[0]?.promptIndex !== candidate.promptIndex) held = [];
      held.push(candidate);
      continue;
    }
    if (held[0]?.promptIndex === candidate.promptIndex) yield* held;
    held = [];
    yield candidate;
  }
}

async function* skipFirst(candidates: AsyncIterable<StoredCandidate>, count: number): AsyncGenerator<StoredCandidate> {
  for await (const candidate of candidates) if (candidate.id >= count) yield candidate;
}
