// Draws and scores through the ports: every choice is a prompt of its own with its own seed, so that requests of one model
// and one decoding share batches, whoever sent them. It knows no HTTP.

import { type Clock, type Context, noLedger } from "../../domain/context.ts";
import type { LogProbability, Model, SampleRequest } from "../../domain/ports.ts";
import type { Candidate } from "../../domain/rows.ts";
import type { ServedEngine } from "./engine.ts";
import { createGatherer } from "./gatherer.ts";
import type { Decoding, DrawRequest, GivenRequest, GivenText } from "./sample-request.ts";

export interface Answers {
  /** One promise a choice, draw by draw within a prompt. */
  draw(model: Model, request: DrawRequest, signal: AbortSignal): readonly Promise<Candidate>[];
  score(model: Model, request: GivenRequest, signal: AbortSignal): readonly Promise<LogProbability>[];
  settle(): Promise<void>;
}

export interface AnswerOptions {
  /** How long a request waits for company, milliseconds. */
  readonly gatherMs: number;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

interface Drawing {
  readonly model: Model;
  readonly decoding: Decoding;
}

interface Choice {
  readonly text: string;
  readonly seed: Uint32Array;
}

/** A batch fills the decoder's slots; twice as many keep them filled while the last ones end. */
const drawBatch = { full: 64, most: 128 };
const scoreBatch = { full: 32, most: 256 };
const mostWaiting = 32_768;

export function createAnswers(engine: ServedEngine, options: AnswerOptions): Answers {
  if (!engine.sampler.drawsBySeeds) throw new TypeError("a server needs a sampler that draws by seeds");
  const context = createContext(options);
  const { gatherMs, clock } = options;
  const shared = { width: engine.width, gatherMs, mostWaiting, monotonic: clock.monotonic };
  const draws = createGatherer<Drawing, Choice, Candidate>({
    ...shared,
    ...drawBatch,
    perform: (group, choices) => performDraws(engine, group, { choices, context }),
  });
  const scores = createGatherer<Model, GivenText, LogProbability>({
    ...shared,
    ...scoreBatch,
    perform: (model, texts) => performScores(engine, model, { texts, context }),
  });
  return {
    draw(model, { prompts, draws: count, seeds, decoding }, signal) {
      const key = JSON.stringify([model.lineage, model.digest, decoding]);
      const group = { model, decoding };
      return seeds.map((seed, choice) => {
        const text = prompts[Math.floor(choice / count)] as string;
        return draws.add({ key, group, item: { text, seed }, signal });
      });
    },
    score(model, { texts }, signal) {
      const key = JSON.stringify([model.lineage, model.digest]);
      return texts.map((item) => scores.add({ key, group: model, item, signal }));
    },
    async settle() {
      await Promise.all([draws.settle(), scores.settle()]);
    },
  };
}

async function performDraws(
  { sampler }: ServedEngine,
  { model, decoding }: Drawing,
  { choices, context }: { readonly choices: readonly Choice[]; readonly context: Context },
): Promise<readonly Candidate[]> {
  const { stop, ...plain } = decoding;
  const bare = { model, draws: 1, ...plain, seed: "", promptCount: choices.length };
  const request: SampleRequest = stop.length > 0 ? { ...bare, stop } : bare;
  const prompts = choices.map(({ text, seed }, at) => ({ id: String(at), text, seeds: [seed] }));
  const candidates: Candidate[] = new Array(choices.length);
  for await (const candidate of sampler.sample(createStream(prompts), request, context)) {
    candidates[Number(candidate.promptId)] = candidate;
  }
  return candidates;
}

async function performScores(
  { scorer }: ServedEngine,
  model: Model,
  { texts, context }: { readonly texts: readonly GivenText[]; readonly context: Context },
): Promise<readonly LogProbability[]> {
  const examples = texts.map((text, at) => ({ id: String(at), ...text }));
  const scores: LogProbability[] = [];
  for await (const score of scorer.score(createStream(examples), { model, exampleCount: texts.length }, context)) {
    scores.push(score);
  }
  return scores;
}

async function* createStream<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

function createContext({ signal, clock }: AnswerOptions): Context {
  return { key: "served", signal, clock, ledger: noLedger, progress: { report: () => undefined } };
}
