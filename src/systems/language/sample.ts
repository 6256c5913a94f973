// The sample stage: every prompt of a split to the sampler, every attempt's candidates to the shelf as soon as it is whole.
// Prompts whose draws are committed are not asked again; that is all there is to resuming.

import type { AttemptIntent, Context } from "../../domain/context.ts";
import type { Candidate, Prompt, Split } from "../../domain/rows.ts";
import type { CandidateSummary } from "../../domain/shelf.ts";
import { ProviderError } from "../../errors.ts";
import { createInFlight } from "./in-flight.ts";
import type { Work } from "./work.ts";

/** Candidates that may wait for the disk while more are sampled: a few transactions' worth. */
const candidatesInFlight = 1000;

interface SampleParameters {
  readonly split: Split;
  readonly draws: number;
  readonly temperature: number;
  readonly topP: number | null;
  readonly topK: number | null;
  readonly maxTokens: number;
}

export async function sampleCandidates(work: Work): Promise<CandidateSummary> {
  const { context, parts, inputs } = work;
  const { split, ...decoding } = work.description.parameters as unknown as SampleParameters;
  const [stage] = inputs;
  if (!stage) throw new TypeError("a sample stage needs a model");
  const isSampled = await parts.shelf.readSampled(context.key, { split, draws: decoding.draws });
  const doneCount = isSampled.reduce((sum, bit) => sum + bit, 0);
  const promptCount = isSampled.length - doneCount;

  if (promptCount > 0) {
    const model = await parts.shelf.readModel(stage.key);
    const request = {
      model,
      draws: decoding.draws,
      temperature: decoding.temperature,
      topP: decoding.topP,
      topK: decoding.topK,
      maxTokens: decoding.maxTokens,
      seed: context.key,
      promptCount,
    };
    const collected = createCollector(work, { split, draws: decoding.draws });
    const prompts = readPrompts(work, split, isSampled);
    const within = withLedger(context, collected.expect);
    let arrived = doneCount * decoding.draws;
    for await (const candidate of parts.sampler.sample(prompts, request, within)) {
      await collected.add(candidate);
      arrived += 1;
      context.progress.report(arrived, isSampled.length * decoding.draws);
    }
    await collected.finish();
  }
  return parts.shelf.readSummary(context.key);
}

async function* readPrompts({ parts }: Work, split: Split, isSampled: Uint8Array): AsyncGenerator<Prompt> {
  let position = 0;
  for await (const row of parts.shelf.readRows(split)) {
    if (!isSampled[position++]) yield { id: row.id, text: parts.template.render(row) };
  }
}

/** Hands on the context with a ledger that also tells how many candidates an attempt will bring. */
function withLedger(context: Context, expect: (attempt: AttemptIntent) => void): Context {
  return {
    ...context,
    ledger: {
      ...context.ledger,
      async intend(attempt) {
        expect(attempt);
        await context.ledger.intend(attempt);
      },
    },
  };
}

/** Gathers candidates by attempt and commits each attempt when all its candidates have come. */
function createCollector({ context, parts }: Work, place: { readonly split: Split; readonly draws: number }) {
  const openByAttempt = new Map<string, { readonly rowCount: number; readonly candidates: Candidate[] }>();
  const writes = createInFlight(candidatesInFlight);
  return {
    expect: ({ key, rowCount }: AttemptIntent): void => {
      openByAttempt.set(key, { rowCount, candidates: [] });
    },
    add: async (candidate: Candidate): Promise<void> => {
      const open = openByAttempt.get(candidate.attempt);
      if (!open) throw new ProviderError(`sent a candidate of attempt ${candidate.attempt}, which was not intended`);
      if (open.candidates.push(candidate) < open.rowCount) return;
      openByAttempt.delete(candidate.attempt);
      const written = parts.shelf.writeCandidates(context.key, { ...place, candidates: open.candidates });
      await writes.add(written, open.rowCount);
    },
    finish: async (): Promise<void> => {
      await writes.settle();
      const [attempt] = openByAttempt.keys();
      if (attempt !== undefined) throw new ProviderError(`attempt ${attempt} ended with candidates missing`);
    },
  };
}
