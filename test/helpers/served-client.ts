// A server of models on loopback, and the least client that can speak to it: Sampler and Scorer over fetch, one request a
// prompt. It repeats nothing and keeps no ledger; it shows that everything of a draw passes through HTTP.

import { request as send } from "node:http";
import type { LogProbability, Sampler, Scorer } from "../../src/domain/ports.ts";
import type { Candidate, Example, Prompt } from "../../src/domain/rows.ts";
import type { EmbeddedRuntime } from "../../src/embedded/runtime.ts";
import { createServedEngine } from "../../src/experiment/serve/engine.ts";
import { renderSeed } from "../../src/keys/seed.ts";
import { createDrawSeeds } from "../../src/providers/served/draw-seeds.ts";
import type { ModelDirectory, ServedEngine } from "../../src/providers/served/engine.ts";
import { type ServedAddress, type ServerOptions, startServer } from "../../src/providers/served/server.ts";
import { systemClock } from "./temporary-folder.ts";

export const marker = "<|summary|>";

/** A directory of the base model alone. */
export function createBaseDirectory({ base }: EmbeddedRuntime): ModelDirectory {
  const model = { ...base, createdMs: 1_700_000_000_000, turns: [], isAuxiliary: false };
  return {
    list: async () => [model],
    find: async (name) => (name === "base" || name === base.lineage ? base : undefined),
    released: async () => ["f".repeat(64)],
  };
}

export async function openServer(
  runtime: EmbeddedRuntime,
  { engine = {}, ...options }: Partial<ServerOptions> & { readonly engine?: Partial<ServedEngine> } = {},
): Promise<ServedAddress> {
  const whole = { ...createServedEngine(runtime, createBaseDirectory(runtime)), ...engine };
  const onFault = (fault: unknown): never => {
    throw fault;
  };
  return startServer(whole, { host: "127.0.0.1", port: 0, token: null, clock: systemClock, onFault, ...options });
}

export interface RawReply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** One request as it stands, whichever headers: what fetch would not send. */
export function sendRaw(
  url: string,
  {
    method = "GET",
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const call = send(url, { method, headers }, (reply) => {
      const chunks: Buffer[] = [];
      reply.on("data", (chunk: Buffer) => chunks.push(chunk));
      reply.on("end", () =>
        resolve({ status: reply.statusCode!, headers: reply.headers, text: Buffer.concat(chunks).toString() }),
      );
      reply.on("error", reject);
    });
    call.on("error", reject);
    call.end(body);
  });
}

export async function post(url: string, body: unknown): Promise<{ readonly status: number; readonly json: ReplyBody }> {
  const reply = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: reply.status, json: (await reply.json()) as ReplyBody };
}

export interface WireChoice {
  readonly text: string;
  readonly finish_reason: "stop" | "length";
  readonly logprobs: {
    readonly tokens: readonly string[];
    readonly token_logprobs: readonly (number | null)[];
    readonly top_logprobs: null;
    readonly text_offset: readonly number[];
  };
}

/** Every member a reply of some route may have. */
export interface ReplyBody {
  readonly choices: readonly WireChoice[];
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly total_tokens: number };
  readonly warnings?: readonly string[];
  readonly system_fingerprint: string;
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
}

/** Everything at once, as many a client sends; a refusal is an error. */
async function ask(url: string, body: unknown): Promise<readonly WireChoice[]> {
  const { status, json } = await post(`${url}/completions`, body);
  if (status !== 200) throw new Error(`${status}: ${JSON.stringify(json)}`);
  return json.choices;
}

async function readAll<Item>(items: AsyncIterable<Item>, signal: AbortSignal): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  signal.throwIfAborted();
  return all;
}

export function createWireSampler(url: string): Sampler {
  return {
    version: 1,
    drawsBySeeds: true,
    async *sample(prompts, request, context) {
      const { model, draws, temperature, topP, topK, maxTokens, stop } = request;
      const indexes = Array.from({ length: draws }, (_, draw) => draw);
      const send = async (prompt: Prompt): Promise<readonly Candidate[]> => {
        await context.ledger.intend({ key: prompt.id, rowCount: draws, isOutside: true });
        const given = prompt.seeds?.map((seed) => renderSeed(seed));
        const choices = await ask(url, {
          model: model.lineage,
          prompt: prompt.text,
          n: draws,
          temperature,
          max_tokens: maxTokens,
          logprobs: 0,
          ...(topP !== null && { top_p: topP }),
          ...(topK !== null && { top_k: topK }),
          ...(stop && { stop }),
          ...(given ? { seeds: given } : createDrawSeeds(request, prompt, indexes)),
        });
        return choices.map((choice, draw) => readCandidate(choice, { promptId: prompt.id, draw, attempt: prompt.id }));
      };
      for (const reply of (await readAll(prompts, context.signal)).map(send)) yield* await reply;
    },
  };
}

function readCandidate(
  { text, finish_reason, logprobs }: WireChoice,
  place: Pick<Candidate, "promptId" | "draw" | "attempt">,
): Candidate {
  const tokens = Float64Array.from(logprobs.token_logprobs as readonly number[]);
  return {
    ...place,
    completion: text,
    finish: finish_reason,
    reason: finish_reason === "length" ? "truncated" : text === "" ? "empty" : null,
    logProbability: tokens.reduce((sum, term) => sum + term, 0),
    tokenCount: tokens.length,
    tokenLogProbabilities: tokens,
  };
}

export function createWireScorer(url: string): Scorer {
  return {
    version: 1,
    async *score(examples, { model }, context) {
      const send = async ({ id, prompt, completion }: Example): Promise<LogProbability> => {
        const text = `${prompt}${marker}${completion}`;
        const given = { model: model.lineage, prompt: text, echo: true, max_tokens: 0, logprobs: 0 };
        const [{ finish_reason, logprobs }] = (await ask(url, given)) as [WireChoice];
        const tokens = Float64Array.from(logprobs.token_logprobs.filter((term) => term !== null));
        return {
          id,
          sum: tokens.reduce((sum, term) => sum + term, 0),
          tokenCount: tokens.length,
          tokens,
          reason: finish_reason === "length" ? `cut to ${tokens.length} tokens` : null,
        };
      };
      for (const reply of (await readAll(examples, context.signal)).map(send)) yield await reply;
    },
  };
}
