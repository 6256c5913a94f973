// What sampling a real server with the tiny model has to hold, beside the contract: candidates are the model's own, with the
// log-probabilities that the direct forward pass gives them. The same for every server; what one cannot is said in `traits`.

import assert from "node:assert/strict";
import { type ContractCase, createRecordingContext, createStream, readAll } from "../../../src/contracts/case.ts";
import { createSamplerSuite } from "../../../src/contracts/sampler-suite.ts";
import type { Model, SampleRequest } from "../../../src/domain/ports.ts";
import type { Candidate } from "../../../src/domain/rows.ts";
import type { EndpointSettings } from "../../../src/providers/endpoint.ts";
import { createProvider, type ProviderOptions } from "../../../src/providers/provider.ts";
import { createEndpoint, quickLimits } from "../../helpers/endpoint.ts";
import { systemClock } from "../../helpers/temporary-folder.ts";
import { computeWorst } from "./raw.ts";
import { prompts } from "./texts.ts";
import type { TinyModel } from "./tiny-model.ts";

export interface Traits {
  /** Equal seeds give equal draws. */
  readonly isSeeded: boolean;
  /** Log-probabilities of what it writes are told. */
  readonly hasTerms: boolean;
  /** mlx-lm's loses the space that a completion begins with. */
  readonly losesSpace: boolean;
}

export interface SamplingSubject {
  readonly model: TinyModel;
  readonly traits: Traits;
  readonly settings: Partial<EndpointSettings> & Pick<EndpointSettings, "urls" | "model">;
  readonly enter?: NonNullable<ProviderOptions["enter"]>;
}

/** Nobody asks a server of the suite for more than this at once. */
export const serverLimits = { ...quickLimits, concurrency: 4, firstByteMs: 60_000, idleMs: 60_000, totalMs: 60_000 };

export const hostedModel: Model = { lineage: "base:tiny", file: "", digest: "tiny" };

export function createServerEndpoint(settings: SamplingSubject["settings"]): EndpointSettings {
  return createEndpoint({ ask: "completions", draws: "single", limits: serverLimits, ...settings });
}

export async function runSamplingCases(subject: SamplingSubject): Promise<readonly string[]> {
  const { settings, enter, traits } = subject;
  const options = { secret: null, clock: systemClock, ...(enter === undefined ? {} : { enter }) };
  const provider = createProvider(createServerEndpoint(settings), options);
  const names: string[] = [];
  try {
    const { sampler } = provider;
    const suite = { sampler, model: hostedModel, prompts, maxTokens: 12, isSeeded: traits.isSeeded };
    const sample: Sample = (change) => {
      const request = { ...plainRequest, ...change };
      return readAll(sampler.sample(createStream(prompts), request, createRecordingContext("stage")));
    };
    for (const { name, run } of [...createSamplerSuite(suite), ...createCases(subject, sample)]) {
      await run().catch((error) => {
        throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
      });
      names.push(name);
    }
  } finally {
    await provider.close();
  }
  return names;
}

type Sample = (change: Partial<SampleRequest>) => Promise<Candidate[]>;

const plainRequest: SampleRequest = {
  model: hostedModel,
  draws: 1,
  temperature: 0,
  topP: null,
  topK: null,
  maxTokens: 30,
  seed: "real",
  promptCount: prompts.length,
};

function createCases({ model, traits }: SamplingSubject, sample: Sample): ContractCase[] {
  const read = (text: string): string => (traits.losesSpace ? text.trimStart() : text);
  const textById = new Map(prompts.map(({ id, text }) => [id, text]));
  return [
    {
      name: "greedy candidates are what the forward pass writes, with its log-probabilities",
      async run() {
        const truths = model.compute(prompts.map(({ text }) => ({ text, maxTokens: 30 })));
        const candidates = new Map((await sample({})).map((candidate) => [candidate.promptId, candidate]));
        for (const [index, { id }] of prompts.entries()) {
          const { completion, tokenLogProbabilities } = candidates.get(id)!;
          const { continuationText, continued } = truths[index]!;
          assert.equal(completion, read(continuationText!));
          if (!traits.hasTerms) continue;
          const terms = [...tokenLogProbabilities!];
          // Some servers leave the end token out.
          assert.ok(continued!.length - terms.length <= 1);
          assert.ok(computeWorst(terms, continued!.slice(0, terms.length)) <= 1e-3);
        }
      },
    },
    {
      name: "greedy draws of one prompt are alike",
      async run() {
        const drawn = await sample({ draws: 2 });
        const texts = new Set(drawn.map(({ promptId, completion }) => `${promptId} ${completion}`));
        assert.deepEqual([drawn.length, texts.size], [2 * prompts.length, prompts.length]);
      },
    },
    {
      name: "what the limit ends is truncated, what ends by itself is not",
      async run() {
        const cut = await sample({ maxTokens: 5 });
        assert.ok(cut.every(({ finish, reason }) => finish === "length" && reason === "truncated"));
        assert.ok(cut.every(({ tokenCount }) => tokenCount === 5));
        const drawn = await sample({ temperature: 1, draws: 3, maxTokens: 120 });
        const ended = drawn.filter(({ finish }) => finish === "stop");
        // A rare token of another kind may be followed by the end as well.
        const whole = ended.filter(({ completion, reason }) => reason === null && /[.?]$/.test(completion));
        assert.ok(whole.length > ended.length / 2, drawn.map(({ completion }) => completion).join("\n"));
      },
    },
    {
      name: "a stop text ends a candidate and is no part of it",
      async run() {
        const whole = new Map((await sample({})).map(({ promptId, completion }) => [promptId, completion]));
        // A token of its own, and one that lies across two.
        for (const stop of [" answer", "swer i"]) {
          for (const { promptId, completion, finish } of await sample({ stop: [stop] })) {
            const [before, ...rest] = whole.get(promptId)!.split(stop);
            assert.deepEqual([completion.trimEnd(), finish], [before!.trimEnd(), rest.length > 0 ? "stop" : "length"]);
          }
        }
      },
    },
    {
      name: "log-probabilities are those of temperature 1, whatever the temperature",
      async run() {
        if (!traits.hasTerms) return;
        const drawn = await sample({ temperature: 0.7, draws: 3 });
        let count = 0;
        const space = traits.losesSpace ? " " : "";
        const truths = model.compute(
          drawn.map(({ promptId, completion }) => textById.get(promptId) + space + completion),
        );
        const lengths = model.compute([...textById.values()]).map(({ tokens }) => tokens.length);
        const lengthById = new Map([...textById.keys()].map((id, index) => [id, lengths[index]!]));
        for (const [index, { promptId, tokenLogProbabilities }] of drawn.entries()) {
          const expected = truths[index]!.logProbabilities.slice(lengthById.get(promptId));
          const terms = [...tokenLogProbabilities!].slice(0, expected.length);
          // A text may be cut into other tokens than it was written in.
          if (terms.length !== expected.length || terms.length === 0) continue;
          assert.ok(computeWorst(terms, expected) <= 1e-3, drawn[index]!.completion);
          count += terms.length;
        }
        assert.ok(count >= 100, `only ${count} tokens were compared`);
      },
    },
  ];
}
