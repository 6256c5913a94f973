// How log-probabilities of a given text are asked for, server by server, and read from what comes back.
// Always by the raw route: in a chat the markers of roles would be scored as well. It judges nothing it reads.

import type { Json } from "../../keys/canonical.ts";
import type { GivenShape } from "../endpoint.ts";
import { joinMarker } from "../served/sample-request.ts";
import { readList, readNumber, readPath, readText } from "./reading.ts";

/** A prompt with its completion; the text that is scored is all three. */
export interface GivenText {
  readonly prompt: string;
  readonly join: string;
  readonly completion: string;
}

export interface ListedToken {
  /** As the server spells it; null where it does not. */
  readonly text: string | null;
  /** null for what has none, as a text's first token. */
  readonly logProbability: number | null;
  /** Of the token that the server holds the likeliest at this place; null where it does not say. */
  readonly best: number | null;
}

export type Listing =
  /** `end`: ln p of the end of the text after all of them, from the one server that tells it. */
  | {
      readonly kind: "listed";
      readonly tokens: readonly ListedToken[];
      readonly end: number | null;
      /** Tells that the completion was scored only as far as the model goes. */
      readonly isCut: boolean;
    }
  /** Answered without what was asked for. */
  | { readonly kind: "silent"; readonly reason: string };

/** One way to ask; vllm has two. */
export interface GivenWay {
  readonly name: string;
  readonly shape: GivenShape;
  /** Below the base address, or beside its /v1. */
  readonly path: string;
  readonly isBeside: boolean;
  /** What has to stand between prompt and completion; null where that is the endpoint's to say. */
  readonly join: string | null;
  /** Texts that one request may hold. */
  readonly mostTexts: number;
  createBody(model: string, texts: readonly GivenText[]): Json;
  /** Of the text at that index of the request. */
  read(reply: unknown, index?: number): Listing;
}

export const joinAll = ({ prompt, join, completion }: GivenText): string => prompt + join + completion;
const joinFirst = ([text]: readonly GivenText[]): string => (text === undefined ? "" : joinAll(text));

/** The one of the raw route, with what makes it tell of the text instead of going on with it. */
function createEchoWay(
  name: string,
  shape: GivenShape,
  members: { readonly [key: string]: Json },
): Omit<GivenWay, "read"> {
  return {
    name,
    shape,
    path: "/completions",
    isBeside: false,
    join: null,
    mostTexts: 1,
    createBody: (model, texts) => ({ model, prompt: joinFirst(texts), temperature: 0, ...members }),
  };
}

const vllm: GivenWay = {
  ...createEchoWay("vllm", "vllm", { echo: true, logprobs: 0, max_tokens: 0 }),
  read: (reply) => readEcho(reply),
};

/** Where an echo is not told of: the entries stand by themselves, keyed by a token's number. */
const vllmPrompt: GivenWay = {
  ...createEchoWay("vllm-prompt", "vllm", { prompt_logprobs: 0, max_tokens: 1 }),
  read(reply) {
    const entries = readList(reply, "choices", 0, "prompt_logprobs") ?? readList(reply, "prompt_logprobs");
    if (entries === null) return silent("no prompt_logprobs came back");
    const tokens = entries.map((entry): ListedToken | null => {
      if (entry === null) return { text: null, logProbability: null, best: null };
      const told = typeof entry === "object" ? Object.values(entry) : [];
      // With more than one it is not told which of them is the text's.
      if (told.length !== 1) return null;
      return { text: readText(told[0], "decoded_token"), logProbability: readNumber(told[0], "logprob"), best: null };
    });
    return tokens.every((token) => token !== null) ? listed(tokens) : silent("its prompt_logprobs cannot be read");
  },
};

/**
 * It goes on by one token at least, because 0 means no limit to it. Where that one is listed it lies behind the text; a model
 * that begins no text with a token of its own has one place less, and it is not.
 */
const llamaCpp: GivenWay = {
  ...createEchoWay("llama-cpp", "llama-cpp", { echo: true, logprobs: 1, max_tokens: 1 }),
  read: (reply) => readEcho(reply),
};

/** The text's own part stands beside the choices. */
const together: GivenWay = {
  ...createEchoWay("together", "together", { echo: true, logprobs: 1, max_tokens: 1 }),
  read(reply) {
    const part = readPath(reply, "prompt", 0, "logprobs");
    return part === undefined ? silent("no prompt came back beside the choices") : readColumns(part);
  },
};

const sglang: GivenWay = {
  name: "sglang",
  shape: "sglang",
  path: "/generate",
  isBeside: true,
  join: null,
  mostTexts: 1,
  createBody: (_, texts) => ({
    text: joinFirst(texts),
    sampling_params: { max_new_tokens: 0, temperature: 0 },
    return_logprob: true,
    logprob_start_len: 0,
    return_text_in_logprobs: true,
  }),
  read(reply) {
    const entries = readList(reply, "meta_info", "input_token_logprobs");
    if (entries === null) return silent("no input_token_logprobs came back");
    return listed(
      entries.map((entry) => ({ text: readText(entry, 2), logProbability: readNumber(entry, 0), best: null })),
    );
  },
};

const tgi: GivenWay = {
  name: "tgi",
  shape: "tgi",
  path: "/generate",
  isBeside: true,
  join: null,
  mostTexts: 1,
  createBody: (_, texts) => ({
    inputs: joinFirst(texts),
    parameters: { max_new_tokens: 1, details: true, decoder_input_details: true },
  }),
  read(reply) {
    const entries = readList(reply, "details", "prefill") ?? readList(reply, 0, "details", "prefill");
    if (entries === null || entries.length === 0) {
      return silent("no prefill came back: it tells of one only if launched with --enable-prefill-logprobs");
    }
    return listed(
      entries.map((entry) => ({
        text: readText(entry, "text"),
        logProbability: readNumber(entry, "logprob"),
        best: null,
      })),
    );
  },
};

/** Refeed's own server: its models read a prompt and write a summary, so the text has to say where that begins. */
const refeed: GivenWay = {
  ...createEchoWay("refeed", "refeed", { echo: true, logprobs: 0, max_tokens: 0 }),
  join: joinMarker,
  mostTexts: 64,
  createBody: (model, texts) => ({ model, prompt: texts.map(joinAll), echo: true, logprobs: 0, max_tokens: 0 }),
  read(reply, index = 0) {
    const choice = readList(reply, "choices")?.find((each) => readNumber(each, "index") === index);
    const listing = readEcho({ choices: [choice] });
    if (listing.kind === "silent") return listing;
    // The end of the text is scored unless the model's length ended it, and has the empty piece behind all others.
    const isCut = readText(choice, "finish_reason") === "length";
    const last = listing.tokens.at(-1);
    if (isCut || last?.text !== "") return { ...listing, isCut };
    return { ...listing, tokens: listing.tokens.slice(0, -1), end: last.logProbability };
  },
};

/** Every way there is; those of one shape in the order in which they are tried. */
export const givenWays: readonly GivenWay[] = [vllm, vllmPrompt, sglang, tgi, llamaCpp, together, refeed];

/** What can be asked for them, for whoever named a server that cannot. */
export const ableServers =
  "vLLM, SGLang, TGI launched with --enable-prefill-logprobs, llama-cpp-python's server with a model that has a BOS token, Together and refeed serve";

function readEcho(reply: unknown): Listing {
  const part = readPath(reply, "choices", 0, "logprobs");
  return part === undefined || part === null ? silent("no logprobs came back") : readColumns(part);
}

/** Lists side by side, as the raw route has them. */
function readColumns(part: unknown): Listing {
  const terms = readList(part, "token_logprobs");
  const texts = readList(part, "tokens");
  if (terms === null || texts === null) return silent("its logprobs hold no token_logprobs");
  if (terms.length !== texts.length) return silent("its logprobs hold lists of different lengths");
  return listed(
    terms.map((_, index) => ({
      text: readText(texts, index),
      logProbability: readNumber(terms, index),
      best: readBest(readPath(part, "top_logprobs", index)),
    })),
  );
}

function readBest(top: unknown): number | null {
  if (typeof top !== "object" || top === null) return null;
  const values = Object.values(top).filter((value) => typeof value === "number");
  return values.length > 0 ? Math.max(...values) : null;
}

const silent = (reason: string): Listing => ({ kind: "silent", reason });

function listed(tokens: readonly ListedToken[]): Listing {
  return tokens.length > 0 ? { kind: "listed", tokens, end: null, isCut: false } : silent("it listed no tokens");
}
