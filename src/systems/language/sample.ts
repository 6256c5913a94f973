// The sample stage: every prompt of a split to the sampler, every attempt's candidates to the shelf as soon as it is whole.
// Draws that are committed are not asked for again; that is all there is to resuming. How many draws there are is known
// beforehand; where that follows from what is drawn, accept.ts asks.

import type { AttemptIntent, Context } from "../../domain/context.ts";
import type { SampleRequest } from "../../domain/ports.ts";
import type { Candidate, Prompt, Split } from "../../domain/rows.ts";
import type { CandidateBatch, CandidateSummary } from "../../domain/shelf.ts";
import { ProviderError } from "../../errors.ts";
import { createInFlight } from "./in-flight.ts";
import { findForm, findProviders } from "./teacher.ts";
import type { Work } from "./work.ts";

/** Candidates that may wait for the disk while more are sampled: a few transactions' worth. */
const candidatesInFlight = 1000;

export interface SampleParameters {
  readonly split: Split;
  readonly draws: number;
  readonly temperature: number;
  readonly topP: number | null;
  readonly topK: number | null;
  readonly maxTokens: number;
  readonly stop?: readonly string[];
}

export function hasAccept({ description }: Work): boolean {
  return (description.parameters as { readonly accept?: unknown }).accept !== undefined;
}

export async function sampleCandidates(work: Work): Promise<CandidateSummary> {
  const { context, parts, inputs } = work;
  const { split, ...decoding } = work.description.parameters as unknown as SampleParameters;
  const [stage] = inputs;
  if (!stage) throw new TypeError("a sample stage needs a model");
  const isSampled = await parts.shelf.readSampled(context.key, { split, draws: decoding.draws });
  const missing = createMissing(isSampled, decoding.draws);
  const { promptCount } = missing;

  if (promptCount > 0) {
    const model = await parts.shelf.readModel(stage.key);
    const request = createRequest(decoding, { model, seed: context.key, promptCount });
    const { sampler } = findProviders(parts, work.description.turn);
    const collected = createCollector(work, { split, draws: decoding.draws });
    const prompts = readPrompts(work, split, missing);
    const within = withLedger(context, collected.expect);
    let arrived = missing.doneCount;
    for await (const candidate of sampler.sample(prompts, request, within)) {
      const wait = collected.add(candidate);
      if (wait) await wait;
      arrived += 1;
      context.progress.report(arrived, isSampled.length);
    }
    await collected.finish();
  }
  return parts.shelf.readSummary(context.key);
}

export function createRequest(
  { draws, temperature, topP, topK, maxTokens, stop }: Omit<SampleParameters, "split">,
  own: Pick<SampleRequest, "model" | "seed" | "promptCount">,
): SampleRequest {
  return { ...own, draws, temperature, topP, topK, maxTokens, ...(stop && { stop }) };
}

/** What is still to be sampled, by 1 at the place of every candidate that is there. */
function createMissing(isSampled: Uint8Array, draws: number) {
  const readDraws = (position: number): readonly number[] => {
    const missing: number[] = [];
    for (let draw = 0; draw < draws; draw++) if (!isSampled[position * draws + draw]) missing.push(draw);
    return missing;
  };
  let [promptCount, doneCount] = [0, 0];
  for (let position = 0; position < isSampled.length / draws; position++) {
    const count = readDraws(position).length;
    promptCount += count > 0 ? 1 : 0;
    doneCount += draws - count;
  }
  return { promptCount, doneCount, drawCount: draws, readDraws };
}

async function* readPrompts(
  { parts, description }: Work,
  split: Split,
  { drawCount, readDraws }: ReturnType<typeof createMissing>,
): AsyncGenerator<Prompt> {
  let position = 0;
  const form = findForm(parts, description.turn);
  for await (const row of parts.shelf.readRows(split)) {
    const draws = readDraws(position++);
    if (draws.length === 0) continue;
    const prompt = { id: row.id, text: form.ask(row) };
    // Only where an attempt is a single draw can a prompt be half there.
    yield draws.length < drawCount ? { ...prompt, draws } : prompt;
  }
}

/** Hands on the context with a ledger that also tells how many candidates an attempt will bring. */
export function withLedger(context: Context, expect: (attempt: AttemptIntent) => void): Context {
  return {
    ...context,
    ledger: {
      ...context.ledger,
      intend(attempt) {
        expect(attempt);
        return context.ledger.intend(attempt);
      },
    },
  };
}

/** Gathers candidates by attempt and commits each attempt when all its candidates have come. */
export function createCollector({ context, parts }: Work, place: Pick<CandidateBatch, "split" | "draws">) {
  /** How many are expected; once the first has come, those that have. */
  const openByAttempt = new Map<string, { readonly rowCount: number; candidates: Candidate[] | null }>();
  const writes = createInFlight(candidatesInFlight);
  return {
    expect: ({ key, rowCount }: AttemptIntent): void => {
      // What brings no candidates is recorded by whoever asks it.
      if (rowCount > 0) openByAttempt.set(key, { rowCount, candidates: null });
    },
    /** Takes one; where the disk has enough to do, what it returns resolves when more may come. */
    add: (candidate: Candidate): Promise<void> | undefined => {
      const open = openByAttempt.get(candidate.attempt);
      if (!open) throw new ProviderError(`sent a candidate of attempt ${candidate.attempt}, which was not intended`);
      if (open.candidates === null) open.candidates = [candidate];
      else open.candidates.push(candidate);
      if (open.candidates.length < open.rowCount) return undefined;
      openByAttempt.delete(candidate.attempt);
      const written = parts.shelf.writeCandidates(context.key, { ...place, candidates: open.candidates });
      return writes.add(written, open.rowCount);
    },
    finish: async (): Promise<void> => {
      await writes.settle();
      const [attempt] = openByAttempt.keys();
      if (attempt !== undefined) throw new ProviderError(`attempt ${attempt} ended with candidates missing`);
    },
  };
}
