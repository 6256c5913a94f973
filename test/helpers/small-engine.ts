// What a server stands on, without a model: a sampler and a scorer that record what they were asked and answer at once.

import type { Model, SampleRequest } from "../../src/domain/ports.ts";
import type { Prompt } from "../../src/domain/rows.ts";
import type { ServedEngine } from "../../src/providers/served/engine.ts";

export interface SmallEngine extends ServedEngine {
  /** Every batch: the request and its prompts. */
  readonly batches: { readonly request: SampleRequest; readonly prompts: readonly Prompt[] }[];
}

/** `wait` is awaited by every batch before it is answered. */
export function createSmallEngine(wait: () => Promise<void> = async () => undefined): SmallEngine {
  const batches: SmallEngine["batches"] = [];
  const model: Model = { lineage: `base:${"a".repeat(64)}`, file: "nowhere", digest: "a".repeat(64) };
  return {
    batches,
    width: 2,
    models: {
      list: async () => [{ ...model, createdMs: 0, turns: [], isAuxiliary: false }],
      find: async (name) => (name === "base" ? model : undefined),
      released: async () => [],
    },
    tokens: { split: (text) => text.match(/\s*\S+/g) ?? [], promptLimit: 64, completionLimit: 16 },
    sampler: {
      version: 1,
      drawsBySeeds: true,
      async *sample(prompts, request, context) {
        const all: Prompt[] = [];
        for await (const prompt of prompts) all.push(prompt);
        batches.push({ request, prompts: all });
        await wait();
        context.signal.throwIfAborted();
        const terms = Float64Array.from([-0.5, -0.25]);
        const end = { finish: "stop", reason: null, logProbability: -0.75, tokenCount: 2 } as const;
        for (const { id, text } of all) {
          yield { promptId: id, draw: 0, attempt: "a", completion: text, ...end, tokenLogProbabilities: terms };
        }
      },
    },
    scorer: {
      version: 1,
      async *score(examples) {
        for await (const { id } of examples)
          yield { id, sum: 0, tokenCount: 1, tokens: new Float64Array(1), reason: null };
      },
    },
  };
}
