// The endpoints of an experiment behind the ports that systems and verifiers know. One is opened when it is first asked
// for something: a plan asks for nothing, and needs no key.

import type { Context } from "../../domain/context.ts";
import type { Chat, Classifier } from "../../domain/hosted.ts";
import type { Sampler, Scorer } from "../../domain/ports.ts";
import type { Example, Prompt } from "../../domain/rows.ts";
import { ProviderError } from "../../errors.ts";
import type { ChangedModelError } from "../../providers/proving/change.ts";
import { type DeclaredEndpoint, readIdentity } from "../schema/endpoints.ts";
import type { OpenEndpoint } from "./endpoint.ts";
import type { Hosting, OwnHosting } from "./hosting.ts";

export type { Hosting };

export interface Endpoints {
  /** Samplers and scorers under the model of an endpoint, its prompts dressed. */
  sampler(name: string): Sampler;
  scorer(name: string): Scorer;
  /** What is asked of these two is no prompt, and is sent as it stands. */
  chat(name: string): Chat;
  classifier(name: string): Classifier;
  /**
   * Proves endpoints for all that the experiment asks of them, together, each in the name of a stage that asks it. Awaited
   * before any stage begins: nothing is bought while one cannot do what it is for, and where a changed model is taken no
   * stage goes on with rows of the former one. Throws what the first to fail says, once the others have come to rest. A changed
   * model keeps none of the others from being proved: all that changed are told together, since all are taken together.
   */
  prove(asked: readonly Asked[], createContext: (stage: string) => Context): Promise<void>;
  /** What each endpoint waits for just now. */
  readWaits(): readonly string[];
  close(): Promise<void>;
}

/** An endpoint, and a stage that asks it. */
export interface Asked {
  readonly endpoint: string;
  readonly stage: string;
}

/** Raised by hand when the same answers of a server would become other candidates, scores or answers. */
const versions = { sampler: 1, scorer: 1, chat: 1, classifier: 1 } as const;

/** `hosting` is null where nothing will be asked. */
export function createEndpoints(
  declared: Readonly<Record<string, DeclaredEndpoint>>,
  hosting: OwnHosting | null,
): Endpoints {
  const openByName = new Map<string, Promise<OpenEndpoint>>();
  const opened: OpenEndpoint[] = [];
  const find = (name: string): DeclaredEndpoint => {
    const endpoint = declared[name];
    if (!endpoint) throw new TypeError(`no endpoint ${name}`);
    return endpoint;
  };
  const open = (name: string): Promise<OpenEndpoint> => {
    if (!hosting) throw new TypeError(`nothing is to be asked of endpoint ${name}`);
    const known = openByName.get(name);
    if (known) return known;
    const opening = load(find(name), hosting).then((endpoint) => {
      opened.push(endpoint);
      return endpoint;
    });
    openByName.set(name, opening);
    return opening;
  };
  return {
    sampler: (name) => ({
      version: versions.sampler,
      async *sample(prompts, request, context) {
        const { sampler } = await open(name);
        yield* sampler.sample(dressPrompts(prompts, find(name)), request, context);
      },
    }),
    scorer: (name) => ({
      version: versions.scorer,
      async *score(examples, request, context) {
        const { scorer } = await open(name);
        yield* scorer.score(dressExamples(examples, find(name)), request, context);
      },
    }),
    chat: (name) => ({
      version: versions.chat,
      identity: readIdentity(find(name)),
      async *answer(questions, context) {
        yield* (await open(name)).chat.answer(questions, context);
      },
    }),
    classifier: (name) => ({
      version: versions.classifier,
      identity: readIdentity(find(name)),
      async *classify(texts, context) {
        yield* (await open(name)).classifier.classify(texts, context);
      },
    }),
    async prove(asked, createContext) {
      if (asked.length === 0) return;
      const stop = new AbortController();
      // Loaded by whoever is asked anything.
      const { ChangedModelError, joinChanges } = await import("../../providers/proving/change.ts");
      const proveOne = async ({ endpoint, stage }: Asked): Promise<ChangedModelError | null> => {
        const context = createContext(stage);
        const signal = AbortSignal.any([context.signal, stop.signal]);
        try {
          await (await open(endpoint)).meet({ ...context, signal });
        } catch (error) {
          if (error instanceof ChangedModelError) return error;
          stop.abort(error);
        }
        return null;
      };
      const changes = (await Promise.all(asked.map(proveOne))).filter((change) => change !== null);
      const { aborted, reason }: { readonly aborted: boolean; readonly reason: unknown } = stop.signal;
      if (aborted && !(reason instanceof ProviderError && changes.length > 0)) throw reason;
      if (changes.length > 0) throw joinChanges(changes, reason instanceof ProviderError ? reason : undefined);
    },
    readWaits: () => opened.flatMap((endpoint) => endpoint.readWaits()),
    async close() {
      await Promise.allSettled(openByName.values());
      for (const endpoint of opened) await endpoint.close();
    },
  };
}

/** Imported with the first endpoint: an experiment without one loads no client. */
async function load(declared: DeclaredEndpoint, hosting: OwnHosting): Promise<OpenEndpoint> {
  const { openEndpoint } = await import("./endpoint.ts");
  return openEndpoint(declared, hosting);
}

async function* dressPrompts(
  prompts: AsyncIterable<Prompt>,
  { before, after }: DeclaredEndpoint,
): AsyncGenerator<Prompt> {
  for await (const prompt of prompts) yield { ...prompt, text: `${before}${prompt.text}${after}` };
}

async function* dressExamples(
  examples: AsyncIterable<Example>,
  { before, after }: DeclaredEndpoint,
): AsyncGenerator<Example> {
  for await (const example of examples) yield { ...example, prompt: `${before}${example.prompt}${after}` };
}
