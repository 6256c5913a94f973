// A provider that answers at once: texts of 2 KB cut from a pool by the seed, 64 calls in flight, no log-probabilities.

import type { Sampler, Scorer } from "../src/domain/ports.ts";
import type { Candidate } from "../src/domain/rows.ts";
import { computeSeed } from "../src/keys/seed.ts";

const width = 64;
const length = 2048;
const letters = "abcdefghijklmnopqrstuvwxyz      ";
const pool = Array.from({ length: 1 << 16 }, (_, index) => letters[(index * 7919 + (index >> 3) * 31) & 31]).join("");

export function createScaleProvider(): { readonly sampler: Sampler; readonly scorer: Scorer } {
  const sampler: Sampler = {
    version: 1,
    async *sample(prompts, request, { ledger, signal }) {
      const open: { readonly id: string; readonly intended: Promise<void> }[] = [];
      const answer = async function* (): AsyncGenerator<Candidate> {
        const { id, intended } = open.shift() as (typeof open)[number];
        await intended;
        signal.throwIfAborted();
        for (let draw = 0; draw < request.draws; draw++) {
          const at = (computeSeed(request.seed, id, draw)[0] as number) % (pool.length - length);
          const place = { promptId: id, draw, attempt: id, finish: "stop", reason: null } as const;
          const text = { completion: pool.slice(at, at + length), tokenCount: 400 };
          yield { ...place, ...text, logProbability: null, tokenLogProbabilities: null };
        }
      };
      for await (const { id } of prompts) {
        open.push({ id, intended: ledger.intend({ key: id, rowCount: request.draws, isOutside: true }) });
        if (open.length === width) yield* answer();
      }
      while (open.length > 0) yield* answer();
    },
  };
  const scorer: Scorer = {
    version: 1,
    score() {
      throw new TypeError("a scripted provider without log-probabilities scores nothing");
    },
  };
  return { sampler, scorer };
}
