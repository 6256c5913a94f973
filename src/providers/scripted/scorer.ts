// The Scorer port of a scripted provider: the same terms that its sampler tells of its own words.

import { setImmediate } from "node:timers/promises";
import type { Scorer } from "../../domain/ports.ts";
import { computeTemper, computeTerm } from "./answer.ts";

/** Examples between two turns of the event loop. */
const turnRows = 256;

export function createScriptedScorer(): Scorer {
  return {
    version: 1,
    async *score(examples, { model }, { signal }) {
      const temper = computeTemper(model.digest);
      let count = 0;
      for await (const { id, prompt, completion } of examples) {
        signal.throwIfAborted();
        if (++count % turnRows === 0) await setImmediate();
        if (prompt.trim() === "") yield { id, sum: null, tokenCount: 0, tokens: null, reason: "the prompt is empty" };
        else {
          const words = completion.split(/\s+/).filter((word) => word !== "");
          const tokens = Float64Array.from(words, (word) => computeTerm(word, temper));
          const sum = tokens.reduce((total, term) => total + term, 0);
          yield { id, sum, tokenCount: tokens.length, tokens, reason: null };
        }
      }
      signal.throwIfAborted();
    },
  };
}
