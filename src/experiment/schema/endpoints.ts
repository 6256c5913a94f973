// The endpoints key: servers of hosted and local models by names that models and verifiers refer to.
// A key is named by its environment variable and never written down.

import { z } from "zod";
import type { Model } from "../../domain/ports.ts";
import type { Json } from "../../keys/canonical.ts";
import { computeKey } from "../../keys/digest.ts";
import type { EndpointSettings, Price } from "../../providers/endpoint.ts";
import { findPrice, noPrice } from "../../providers/prices.ts";
import { count, nameSchema, strict } from "./strict.ts";

const text = z.string().min(1);
const price = (what: string) => z.number().min(0).max(10_000).optional().describe(what);
const milliseconds = (fallback: number, what: string) => count(1, 86_400_000).default(fallback).describe(what);

const limitsSchema = strict({
  concurrency: count(1, 4096)
    .optional()
    .describe(
      "Requests in flight at most, 64 unless given, 256 where it serves this run's own models; how many really are " +
        "follows from how it answers.",
    ),
  requests: count(1).nullable().default(null).describe("Requests a minute at most; null for no such limit."),
  tokens: count(1)
    .nullable()
    .default(null)
    .describe("Tokens of prompts and completions a minute at most; null for no such limit."),
  firstByteMs: milliseconds(120_000, "Milliseconds until an answer begins."),
  idleMs: milliseconds(60_000, "Milliseconds between two pieces of an answer."),
  totalMs: milliseconds(600_000, "Milliseconds for one answer in all."),
  waitMs: milliseconds(900_000, "Milliseconds that a busy or unreachable endpoint is waited for before the run stops."),
  tries: count(1, 100)
    .default(5)
    .describe("Sendings of one request whose replies are lost or cut, before the run stops."),
  answerBytes: count(1024).default(16_777_216).describe("Bytes of one answer at most."),
})
  .prefault({})
  .describe("Pace and patience. They change what is paid and how long it takes, and nothing that is sampled.");

const addressSchema = z
  .string()
  // Of what has no scheme nothing else is told.
  .regex(/^https?:\/\//, "must begin with http:// or https://, as http://127.0.0.1:8000/v1 does")
  .regex(/^(?!https?:\/\/)|^https?:\/\/[^\s?#]+$/, "must be an address such as http://127.0.0.1:8000/v1")
  // A key in an address would be told wherever the address is.
  .regex(/^(?!https?:\/\/[^@]*@)/, "must not hold a user or a password: name the variable of a key under key");

const endpointSchema = strict({
  provider: z
    .enum(["openai", "huggingface"])
    .default("openai")
    .describe("openai: any server that speaks its routes. huggingface: its inference providers, or an endpoint there."),
  url: z
    .union([z.literal("serve"), addressSchema, z.array(addressSchema).min(1)])
    .optional()
    .describe(
      "Base address, http://127.0.0.1:8000/v1, or a list of servers of the same model; serve: this run serves its own " +
        "models on loopback while it lasts. No part of any key. Only huggingface may leave it out.",
    ),
  model: text.optional().describe("The model as the server calls it; left out where it serves this run's own models."),
  revision: text
    .nullable()
    .default(null)
    .describe("Revision of the model, part of its identity; null where there is none."),
  names: z
    .array(text)
    .default([])
    .describe("Names by which the model may answer, beside those it answers by when it is proved. No part of any key."),
  route: text
    .nullable()
    .default(null)
    .describe("Of huggingface: the inference provider, such as together; null for its choice."),
  key: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of an environment variable, never the key itself")
    .nullable()
    .default(null)
    .describe("The environment variable that holds the key; null for none."),
  ask: z
    .enum(["chat", "completions"])
    .optional()
    .describe(
      "chat: a prompt is a user's message. completions: it is sent as it stands. chat unless it serves this run's models.",
    ),
  system: z.string().nullable().default(null).describe("System message of chats; null for none."),
  before: z.string().default("").describe("Text put before every prompt, as an instruction."),
  after: z.string().default("").describe("Text put after every prompt."),
  join: z.string().default("").describe("What stands between prompt and completion where a given text is scored."),
  params: z
    .record(z.string().min(1), z.json())
    .default({})
    .describe("Further members of every request's body, sent as they stand: {min_p: 0.05}."),
  given: z
    .enum(["auto", "vllm", "sglang", "tgi", "llama-cpp", "together", "refeed", "none"])
    .default("auto")
    .describe("How log-probabilities of given texts are asked for; auto finds out, none never asks."),
  draws: z
    .enum(["auto", "n", "single"])
    .default("auto")
    .describe(
      "Several draws of a prompt: n in one request, single in one each, auto by n where a probe shows that it is heeded.",
    ),
  stream: z.boolean().default(false).describe("Whether answers are streamed."),
  finish: z
    .enum(["required", "optional"])
    .default("required")
    .describe("optional: for servers that leave the reason of the end out. An answer without one is none otherwise."),
  mode: z
    .enum(["live", "batch"])
    .default("live")
    .describe(
      "live: answered at once. batch: handed in as a file and fetched later, at half the price of many vendors.",
    ),
  price: strict({
    input: price("US dollars for a million tokens of prompt."),
    output: price("US dollars for a million tokens of completion."),
    request: price("US dollars a request."),
  })
    .prefault({})
    .describe(
      "What it costs; a table of well-known models stands in for what is left out, and nothing for local ones.",
    ),
  limits: limitsSchema,
}).describe("Servers of one model, and how they are asked.");

export const endpointsSchema = z
  .record(nameSchema, endpointSchema)
  .default({})
  .describe("Servers of hosted and local models, by names that model.endpoint, model.first and verifiers refer to.");

/** The embedded model decodes 64 at once on every thread; a batch of fewer takes as long. */
const ownConcurrency = 256;
const hostedConcurrency = 64;

/** The address a vendor is asked at where the file names none. */
const vendorUrls = { huggingface: "https://router.huggingface.co/v1", openai: null } as const;

/** Members of a body that an answer would be misread by, or that have a key of their own, and what to do instead. */
const keyByMember: Readonly<Record<string, string>> = {
  model: "set the endpoint's model",
  messages: "set system, before and after",
  prompt: "set before and after",
  n: "set sample.candidates, and draws",
  stream: "set stream",
  temperature: "set sample.temperature",
  stop: "set sample.stop",
};

/** Every endpoint in full; what makes no sense is told through `refuse`, with the path below `endpoints`. */
export function resolveEndpoints(
  config: z.output<typeof endpointsSchema>,
  refuse: (path: readonly string[], what: string, next: string) => void,
): Readonly<Record<string, DeclaredEndpoint>> {
  const entries = Object.entries(config).map(([name, declared]): [string, DeclaredEndpoint] => {
    const { url, model = null, ask, stream, finish, price: prices, limits, ...rest } = declared;
    const vendor = vendorUrls[rest.provider];
    if (url === undefined && vendor === null) {
      refuse([name, "url"], `the endpoint ${name} has no url`, "for example url: http://127.0.0.1:8000/v1");
    }
    if (url === "serve" && model !== null) {
      refuse([name, "model"], `the endpoint ${name} serves this run's own models`, "leave model out, or name a url");
    }
    if (rest.provider === "openai" && rest.route !== null) {
      refuse([name, "route"], "only huggingface routes to other providers", "leave route out");
    }
    if (model === null && rest.names.length > 0) {
      refuse([name, "names"], "this run's own models answer each by its own name", "leave names out");
    }
    if (model === null && ask === "chat") {
      refuse([name, "ask"], "this run's own models complete texts, they hold no chats", "leave ask out");
    }
    if (rest.mode === "batch") {
      const asked = ask ?? (model === null ? "completions" : "chat");
      for (const [key, what, next] of listUnbatched({ provider: rest.provider, url, ask: asked })) {
        refuse([name, key], what, next);
      }
    }
    for (const member of Object.keys(rest.params)) {
      const instead = Object.hasOwn(keyByMember, member) ? keyByMember[member]! : null;
      // null takes a member out, for servers that do not know it.
      const isTakenOut = rest.params[member] === null && (member === "temperature" || member === "stop");
      if (instead !== null && !isTakenOut)
        refuse([name, "params", member], `${member} decides what is asked and read`, instead);
    }
    const urls = url === "serve" || url === undefined ? [] : typeof url === "string" ? [url] : url;
    const concurrency = limits.concurrency ?? (model === null ? ownConcurrency : hostedConcurrency);
    if (urls.length > concurrency) {
      const what = `${urls.length} servers cannot share ${concurrency} ${concurrency === 1 ? "request" : "requests"} in flight`;
      refuse([name, "limits", "concurrency"], what, `set it to ${urls.length} or more, or name fewer servers`);
    }
    return [
      name,
      {
        ...rest,
        name,
        urls: (url === undefined && vendor !== null ? [vendor] : urls).map((each) => each.replace(/\/+$/, "")),
        model,
        ask: ask ?? (model === null ? "completions" : "chat"),
        limits: { ...limits, concurrency },
        isStreamed: stream,
        hasFinish: finish === "required",
        price: { input: prices.input ?? null, output: prices.output ?? null, request: prices.request ?? null },
      },
    ];
  });
  return Object.fromEntries(entries);
}

/** What of an endpoint no batch can serve: the member, what is wrong with it, and what to do. */
function* listUnbatched({
  provider,
  url,
  ask,
}: Pick<z.output<typeof endpointSchema>, "provider" | "url"> & { readonly ask: string }): Generator<
  readonly [string, string, string]
> {
  if (provider !== "openai") {
    yield ["provider", "batches are handed in by OpenAI's routes alone", "set mode: live, or provider: openai"];
  }
  if (url === "serve") yield ["mode", "a run serves its own models no batches", "set mode: live, or name a url"];
  else if (ask !== "chat") yield ["ask", "batches hold chats alone", "set ask: chat, or mode: live"];
  if (Array.isArray(url) && url.length > 1) {
    yield [
      "mode",
      `a batch is handed in at one address, and ${url.length} are named`,
      "name one url, or set mode: live",
    ];
  }
}

/** An endpoint as the file has it; null where a price is to come from the table of well-known models. */
export interface DeclaredEndpoint extends Omit<EndpointSettings, "price"> {
  readonly price: { readonly input: number | null; readonly output: number | null; readonly request: number | null };
  /** Put around every prompt. */
  readonly before: string;
  readonly after: string;
}

/** Everything that can change what it answers: a part of the key of whatever is asked of it. */
export function readIdentity({
  provider,
  model,
  revision,
  name,
  route,
  ask,
  system,
  before,
  after,
  params,
}: DeclaredEndpoint) {
  return { provider, model, revision, name, route, ask, system, before, after, params };
}

/**
 * The price in force of what is sent at once, or in a batch: what the file says, else what is known of the model, else
 * nothing. Of an endpoint in batch mode draws alone go in batches.
 */
export function resolvePrice({ price, urls, model }: DeclaredEndpoint, way: DeclaredEndpoint["mode"] = "live"): Price {
  const known = findPrice(urls, model, way) ?? noPrice;
  const { input, output, request } = price;
  return { input: input ?? known.input, output: output ?? known.output, request: request ?? known.request };
}

/** Names of the endpoints of which nobody has told what they cost: a cap in dollars cannot hold there. */
export function listUnpriced(endpoints: Readonly<Record<string, DeclaredEndpoint>>): readonly string[] {
  const isUnknown = ({ price, urls, model, mode }: DeclaredEndpoint): boolean =>
    Object.values(price).every((part) => part === null) && findPrice(urls, model, mode) === null;
  return Object.values(endpoints).flatMap((endpoint) => (isUnknown(endpoint) ? endpoint.name : []));
}

export const priceAdvice = "give its price: {input, output}, US dollars for a million tokens; 0 where it is free";

/** The model of an endpoint: it lies nowhere here, and is known by what was declared. */
export function createFixedModel(identity: Json): Model {
  const digest = computeKey({ endpoint: identity });
  return { lineage: `endpoint:${digest}`, file: "", digest };
}
