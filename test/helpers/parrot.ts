// A provider small enough to read at a glance: it trains by writing down what it saw, answers with words of the prompt
// drawn by the seed, and finds short texts likely. Each part can be broken on purpose, to see a contract suite fail.

import { writeFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import type { LogProbability, Model, Sampler, Scorer, Trainer } from "../../src/domain/ports.ts";
import type { Candidate, Prompt } from "../../src/domain/rows.ts";
import { computeDigest } from "../../src/keys/digest.ts";
import { computeSeed } from "../../src/keys/seed.ts";
import { createRandom } from "../../src/math/random.ts";

export const parrotModel: Model = { lineage: "parrot", file: "nowhere", digest: computeDigest("parrot") };

const termOf = (word: string): number => -word.length / 4;

export function createParrotSampler(chunkPrompts = 2): Sampler {
  return {
    version: 1,
    async *sample(prompts, request, { ledger, signal }) {
      let chunk: Prompt[] = [];
      const answer = async function* (): AsyncGenerator<Candidate> {
        const attempt = `${chunk[0]?.id}+${chunk.length}`;
        signal.throwIfAborted();
        await ledger.intend({ key: attempt, rowCount: chunk.length * request.draws, isOutside: false });
        for (const { id, text } of chunk) {
          for (let draw = 0; draw < request.draws; draw++) yield createAnswer(id, text, draw, request, attempt);
        }
        chunk = [];
        await setImmediate();
      };
      for await (const prompt of prompts) if (chunk.push(prompt) === chunkPrompts) yield* answer();
      if (chunk.length > 0) yield* answer();
      signal.throwIfAborted();
    },
  };
}

function createAnswer(
  promptId: string,
  text: string,
  draw: number,
  request: { readonly temperature: number; readonly seed: string; readonly maxTokens: number },
  attempt: string,
): Candidate {
  const words = text.split(" ");
  const random = createRandom(computeSeed(request.seed, promptId, draw));
  const length = request.temperature === 0 ? 3 : 1 + random.integer(Math.min(6, request.maxTokens));
  const chosen = Array.from({ length }, (_, index) =>
    request.temperature === 0 ? words[index % words.length] : words[random.integer(words.length)],
  ) as string[];
  const terms = Float64Array.from(chosen, termOf);
  return {
    promptId,
    draw,
    completion: chosen.join(" "),
    finish: "stop",
    reason: null,
    logProbability: terms.reduce((sum, term) => sum + term, 0),
    tokenCount: length,
    tokenLogProbabilities: terms,
    attempt,
  };
}

export function createParrotScorer(): Scorer {
  return {
    version: 1,
    async *score(examples, _request, { signal }) {
      for await (const { id, completion } of examples) {
        signal.throwIfAborted();
        const tokens = Float64Array.from(completion.split(" "), termOf);
        const sum = tokens.reduce((total, term) => total + term, 0);
        yield { id, sum, tokenCount: tokens.length, tokens, reason: null } satisfies LogProbability;
      }
      signal.throwIfAborted();
    },
  };
}

export function createParrotTrainer(): Trainer {
  return {
    version: 1,
    base: "parrot",
    async train(examples, { seed, file }, { signal }) {
      const seen: string[] = [];
      let state: "running" | "done" | "failed" = "running";
      const stop = new AbortController();
      const work = async () => {
        for await (const { id, completion } of examples) {
          signal.throwIfAborted();
          stop.signal.throwIfAborted();
          seen.push(`${id} ${completion}`);
          await setImmediate();
        }
        await writeFile(file, JSON.stringify({ seed, seen }));
        const tokens = seen.reduce((sum, line) => sum + line.split(" ").length, 0);
        return { rows: seen.length, steps: seen.length, tokens, loss: 1 };
      };
      const result = work().then(
        (value) => {
          state = "done";
          return value;
        },
        (error) => {
          state = "failed";
          throw error;
        },
      );
      result.catch(() => undefined);
      return { poll: async () => state, cancel: async () => stop.abort(), result: () => result };
    },
  };
}

export function createParrotPrompts(count: number): readonly Prompt[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `p${index}`,
    text: `the ${index} quick brown fox jumps over lazy dogs`,
  }));
}
