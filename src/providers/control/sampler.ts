// The Sampler port over a controller: a prompt's missing draws as one request where the endpoint heeds n, else a request a
// draw. Every draw is seeded by its name, so that neither order nor a second process changes it. It knows no API.

import type { SampleRequest, Sampler } from "../../domain/ports.ts";
import type { Candidate, Prompt } from "../../domain/rows.ts";
import { computeSeed } from "../../keys/seed.ts";
import type { Controller, CreateSampleRequest, SampleAsk, Settled } from "../exchange.ts";
import { askAll } from "./ask-all.ts";

export interface HostedSamplerOptions {
  readonly version: number;
  readonly controller: Controller;
  readonly createRequest: CreateSampleRequest;
  /** n: one request for all missing draws of a prompt. single: one request a draw. */
  readonly draws: "n" | "single";
}

export function createHostedSampler(options: HostedSamplerOptions): Sampler {
  const { version, controller, createRequest, draws } = options;
  return {
    version,
    async *sample(prompts, request, context) {
      const asks = createAsks(prompts, request, { draws });
      for await (const { item, settled } of askAll(asks, { controller, context, createRequest })) {
        for (const candidate of readCandidates(item, settled)) yield candidate;
      }
    },
  };
}

interface AskOptions {
  readonly draws: "n" | "single";
  /** True of attempts that were handed in elsewhere by this name, and would be handed in again by another. */
  readonly isKnown?: (attempt: string) => boolean;
}

/** What is asked for, prompt by prompt. */
export function createAsks(
  prompts: AsyncIterable<Prompt>,
  request: SampleRequest,
  { draws, isKnown }: AskOptions,
): AsyncGenerator<SampleAsk> {
  // Greedy draws are all alike, and vLLM refuses to be asked for several.
  const isWhole = draws === "n" && request.temperature > 0;
  return isWhole ? createWhole(prompts, request, isKnown) : createSingle(prompts, request);
}

/** As attempts of a stage are called that are no rows of it: the proof of an endpoint, and batches. */
const isReserved = (id: string): boolean => id.startsWith("probe/") || id.startsWith("batch ");

async function* createWhole(
  prompts: AsyncIterable<Prompt>,
  request: SampleRequest,
  isKnown: AskOptions["isKnown"],
): AsyncGenerator<SampleAsk> {
  const all = listDraws(request);
  for await (const prompt of prompts) {
    const draws = prompt.draws ?? all;
    // A prompt whose draws are half there is asked for others than the first time.
    const { id } = prompt;
    const isPlain = prompt.draws === undefined && (!isReserved(id) || isKnown?.(id) === true);
    const attempt = isPlain ? id : `${draws.join(",")}/${id}`;
    yield { prompt, draws, seeds: draws.map((draw) => computeDrawSeed(request, prompt, draw)), attempt, request };
  }
}

async function* createSingle(prompts: AsyncIterable<Prompt>, request: SampleRequest): AsyncGenerator<SampleAsk> {
  const all = listDraws(request);
  for await (const prompt of prompts) {
    for (const draw of prompt.draws ?? all) {
      const seeds = [computeDrawSeed(request, prompt, draw)];
      yield { prompt, draws: [draw], seeds, attempt: `${draw}/${prompt.id}`, request };
    }
  }
}

const listDraws = ({ draws }: SampleRequest): readonly number[] => Array.from({ length: draws }, (_, draw) => draw);

/** What APIs take as a seed: at least 0 and below 2^31. Greedy decoding has nothing to be seeded. */
function computeDrawSeed({ seed, temperature }: SampleRequest, { id }: Prompt, draw: number): number {
  return temperature === 0 ? 0 : (computeSeed(seed, id, draw)[0] as number) >>> 1;
}

/** The candidates that an ask came to: of a refusal they have no text. */
export function readCandidates(ask: SampleAsk, settled: Settled<readonly Candidate[]>): readonly Candidate[] {
  if (settled.kind === "answered") return settled.answer;
  return ask.draws.map((draw) => ({
    promptId: ask.prompt.id,
    draw,
    attempt: ask.attempt,
    completion: "",
    finish: "refused",
    reason: "refused",
    logProbability: null,
    tokenCount: 0,
    tokenLogProbabilities: null,
  }));
}
