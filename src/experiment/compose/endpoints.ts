// The endpoints of an experiment behind the ports that systems and verifiers know. One is opened when it is first asked
// for something: a plan asks for nothing, and needs no key.

import type { Clock } from "../../domain/context.ts";
import type { Chat, Classifier } from "../../domain/hosted.ts";
import type { Sampler, Scorer } from "../../domain/ports.ts";
import type { Example, Prompt } from "../../domain/rows.ts";
import { ConfigError, ProviderError } from "../../errors.ts";
import type { EndpointSettings } from "../../providers/endpoint.ts";
import { type DeclaredEndpoint, readIdentity, resolvePrice } from "../schema/endpoints.ts";

/** What the world lends to whoever asks outside. */
export interface Hosting {
  /** The value of an environment variable; without it there is none. */
  readonly readSecret?: (name: string) => string | undefined;
  readonly clock: Clock;
}

/** An endpoint at work. */
export interface OpenEndpoint {
  readonly sampler: Sampler;
  readonly scorer: Scorer;
  readonly chat: Chat;
  readonly classifier: Classifier;
  close(): Promise<void>;
}

export interface Endpoints {
  /** Samplers and scorers under the fixed model of an endpoint, its prompts dressed. */
  sampler(name: string): Sampler;
  scorer(name: string): Scorer;
  /** What is asked of these two is no prompt, and is sent as it stands. */
  chat(name: string): Chat;
  classifier(name: string): Classifier;
  close(): Promise<void>;
}

/** Raised by hand when the same answers of a server would become other candidates, or other scores. */
export const hostedVersion = { sampler: 1, scorer: 1, chat: 1, classifier: 1 } as const;

export function createEndpoints(
  declared: Readonly<Record<string, DeclaredEndpoint>>,
  hosting: Hosting | null,
): Endpoints {
  if (hosting) checkKeys(Object.values(declared), hosting);
  const openByName = new Map<string, Promise<OpenEndpoint>>();
  const open = (name: string): Promise<OpenEndpoint> => {
    const endpoint = declared[name];
    if (!endpoint || !hosting) throw new TypeError(`no endpoint ${name} to open`);
    const opened = openByName.get(name) ?? openEndpoint(endpoint, hosting);
    openByName.set(name, opened);
    return opened;
  };
  const identify = (name: string) => readIdentity(declared[name] as DeclaredEndpoint);
  return {
    sampler: (name) => ({
      version: hostedVersion.sampler,
      async *sample(prompts, request, context) {
        const { sampler } = await open(name);
        yield* sampler.sample(dressPrompts(prompts, declared[name]), request, context);
      },
    }),
    scorer: (name) => ({
      version: hostedVersion.scorer,
      async *score(examples, request, context) {
        const { scorer } = await open(name);
        yield* scorer.score(dressExamples(examples, declared[name]), request, context);
      },
    }),
    chat: (name) => ({
      version: hostedVersion.chat,
      identity: identify(name),
      async *answer(questions, context) {
        const { chat } = await open(name);
        yield* chat.answer(questions, context);
      },
    }),
    classifier: (name) => ({
      version: hostedVersion.classifier,
      identity: identify(name),
      async *classify(texts, context) {
        const { classifier } = await open(name);
        yield* classifier.classify(texts, context);
      },
    }),
    async close() {
      const opened = await Promise.allSettled(openByName.values());
      for (const result of opened) if (result.status === "fulfilled") await result.value.close();
    },
  };
}

/** Every key that is not there, told before anything runs. */
function checkKeys(declared: readonly DeclaredEndpoint[], hosting: Hosting): void {
  const problems = declared.flatMap(({ name, key }) => {
    if (key === null || hosting.readSecret?.(key)) return [];
    const what = `the environment variable ${key} is not set`;
    return [{ where: `endpoints.${name}.key`, what, next: `export ${key} and start again` }];
  });
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Joins transport, controller and proof. */
async function openEndpoint(declared: DeclaredEndpoint, { readSecret }: Hosting): Promise<OpenEndpoint> {
  const settings: EndpointSettings = { ...declared, price: resolvePrice(declared) };
  const secret = settings.key === null ? null : (readSecret?.(settings.key) ?? null);
  void secret;
  throw new ProviderError("endpoints are not joined yet", { where: settings.name });
}

async function* dressPrompts(
  prompts: AsyncIterable<Prompt>,
  declared: DeclaredEndpoint | undefined,
): AsyncGenerator<Prompt> {
  const { before = "", after = "" } = declared ?? {};
  for await (const { id, text } of prompts) yield { id, text: `${before}${text}${after}` };
}

async function* dressExamples(
  examples: AsyncIterable<Example>,
  declared: DeclaredEndpoint | undefined,
): AsyncGenerator<Example> {
  const { before = "", after = "" } = declared ?? {};
  for await (const { id, prompt, completion } of examples)
    yield { id, prompt: `${before}${prompt}${after}`, completion };
}
