// A stand-in for the servers that hosted models live on: the routes and shapes of their published specifications over a
// model whose log-probabilities are known, with the lies that real servers tell when they do not heed a request.

import type { TestContext } from "node:test";
import { type Bigram, createBigram, type Term } from "./bigram.ts";
import { type Loopback, type Received, sendJson, startLoopback } from "./loopback.ts";

export type ServerKind = "vllm" | "sglang" | "tgi" | "llama-cpp" | "together" | "mlx" | "openai-chat";

export interface ServerTraits {
  readonly kind: ServerKind;
  /** Another name is another model behind the same address. */
  readonly model?: string;
  readonly served?: string;
  /** What its answers say they come from, where that is not what was asked for. */
  readonly answersAs?: string;
  /** llama-cpp: read every token off the next place's distribution, as without a BOS token. */
  readonly isOffByOne?: boolean;
  /** Every value stands beside its neighbour's token. */
  readonly isDisplaced?: boolean;
  readonly ignoresEcho?: boolean;
  readonly ignoresN?: boolean;
  /** Brings no more draws, and says nothing of it; refuses to be asked for more. */
  readonly mostN?: number;
  readonly refusedN?: number;
  readonly ignoresSeed?: boolean;
  readonly ignoresStop?: boolean;
  /** Takes a stop text out and goes on, as mlx-lm does where it begins within a token. */
  readonly dropsStop?: boolean;
  /** Takes a stop text out and goes on behind it. */
  readonly skipsStop?: boolean;
  /** Answers by whatever name it is asked. */
  readonly takesAnyName?: boolean;
  readonly hasNoList?: boolean;
  /** Answers 200 and breaks off. */
  readonly hasBrokenList?: boolean;
  /** The same value for every given token. */
  readonly constant?: number;
  readonly isNull?: boolean;
  /** Added to and taken from the given values in turn, nats. */
  readonly noise?: number;
  /** Tokens after which a text ends by itself. */
  readonly most?: number;
  /** Tokens are spelled without the space in front of them. */
  readonly isBare?: boolean;
  /** No two greedy texts are the same. */
  readonly isUnsteady?: boolean;
  /** What it calls itself in its list, where that is not its own kind. */
  readonly owner?: string;
}

export interface GivenServer extends Loopback {
  readonly base: string;
  readonly bigram: Bigram;
  /** Changes what is there while it is asked. */
  become(traits: Partial<ServerTraits>): void;
}

const owners: Readonly<Record<ServerKind, string>> = {
  ...{ vllm: "vllm", sglang: "sglang", tgi: "huggingface", "llama-cpp": "me", together: "", mlx: "" },
  "openai-chat": "system",
};

export async function startGivenServer(
  context: Pick<TestContext, "after">,
  traits: ServerTraits,
): Promise<GivenServer> {
  let now = traits;
  let drawCount = 0;
  const loopback = await startLoopback(context, (received, response) => {
    drawCount += 1;
    if (now.hasBrokenList && received.path === "/v1/models") return void response.writeHead(200).end();
    const { body, status } = answer({ traits: now, bigram: createBigram(now.model), received, draw: drawCount });
    sendJson(response, body, status);
  });
  return {
    ...loopback,
    base: `${loopback.url}/v1`,
    bigram: createBigram(traits.model),
    become: (changed) => {
      now = { ...now, ...changed };
    },
  };
}

const nameOf = ({ served = "teacher" }: ServerTraits): string => served;

interface Reply {
  readonly body: unknown;
  readonly status: number;
}

const tell = (body: unknown): Reply => ({ body, status: 200 });
const refuse = (message: string, status = 400): Reply => ({ body: { error: { message } }, status });

function answer(asked: Asked): Reply {
  const { traits, received } = asked;
  const { path, body } = received;
  const most = traits.refusedN === undefined ? undefined : traits.refusedN - 1;
  if (most !== undefined && Number(body.n ?? 1) > most) return refuse(`n must be at most ${most}`);
  if (path === "/v1/models") return listModels(traits);
  if (path === "/v1/completions" && traits.kind !== "openai-chat") return answerRaw(asked);
  if (path === "/v1/chat/completions") return answerChat(asked);
  if (path === "/generate" && traits.kind === "sglang") return answerSglang(asked);
  if (path === "/generate" && traits.kind === "tgi") return answerTgi(asked);
  return refuse("Not Found", 404);
}

function listModels(traits: ServerTraits): Reply {
  if (traits.hasNoList) return refuse("no list", 500);
  const entry = { id: nameOf(traits), object: "model", created: 0 };
  if (traits.kind === "together") return tell([{ ...entry, type: "chat", organization: "Somebody" }]);
  return tell({ object: "list", data: [{ ...entry, owned_by: traits.owner ?? owners[traits.kind] }] });
}

interface Asked {
  readonly traits: ServerTraits;
  readonly bigram: Bigram;
  readonly received: Received;
  /** Counts the requests for draws: what a seed that is not heeded draws by. */
  readonly draw: number;
}

function hasName({ traits, received }: Asked): boolean {
  return traits.takesAnyName === true || received.body.model === nameOf(traits);
}

const noName = ({ received }: Asked): Reply => refuse(`The model \`${received.body.model}\` does not exist.`, 404);

/** What it goes on with, choice by choice. */
function drawAll({ traits, bigram, received: { body }, draw }: Asked, prompt: string): readonly (readonly Term[])[] {
  const { n = 1, seed = 0, temperature = 1, max_tokens: most = 16, stop = [] } = body;
  const count = traits.ignoresN ? 1 : Math.min(Number(n), traits.mostN ?? Number.POSITIVE_INFINITY);
  return Array.from({ length: count }, (_, index) => {
    const base = traits.ignoresSeed ? `free ${draw}` : String(seed);
    const greedy = traits.isUnsteady ? `greedy ${draw}` : undefined;
    const length = Math.min(Number(most), traits.most ?? Number.POSITIVE_INFINITY);
    const terms = bigram.write(prompt, length, temperature === 0 ? greedy : `${base} ${index}`);
    const stops = traits.ignoresStop || traits.skipsStop ? [] : [stop].flat().map(String);
    let text = "";
    const kept = terms.findIndex(({ token }) => {
      text += token;
      return stops.some((each) => text.includes(each));
    });
    return kept < 0 ? terms : terms.slice(0, kept + 1);
  });
}

/** A stop text is no part of the completion, though its tokens have been written. */
function renderText({ traits, received }: Asked, terms: readonly Term[]): string {
  const text = terms.map(({ token }) => token).join("");
  const asked = [(received.body.stop as string[] | undefined) ?? []].flat();
  if (traits.dropsStop) return asked.reduce((left, stop) => left.replace(stop, ""), text);
  const stops = traits.ignoresStop ? [] : asked;
  if (traits.skipsStop) return stops.reduce((rest, stop) => rest.replace(stop, ""), text);
  const ends = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  return ends.length > 0 ? text.slice(0, Math.min(...ends)) : text;
}

const finishOf = (text: string, terms: readonly Term[], most: number): string =>
  text.length < terms.map(({ token }) => token).join("").length || terms.length < most ? "stop" : "length";

interface Listed {
  readonly tokens: readonly string[];
  readonly token_logprobs: readonly (number | null)[];
  readonly top_logprobs: readonly (Record<string, number> | null)[];
}

/** The columns of a given text, with whatever this server gets wrong. */
export function listGiven(bigram: Bigram, text: string, traits: ServerTraits): Listed {
  const tokens = bigram.split(text);
  const values = tokens.map((token, at): number | null => {
    if (traits.isNull) return null;
    if (traits.constant !== undefined) return at === 0 ? null : traits.constant;
    if (at === 0) return null;
    const noise = (at % 2 === 0 ? 1 : -1) * (traits.noise ?? 0);
    return Math.min(0, bigram.term(tokens.slice(0, traits.isOffByOne ? at + 1 : at), token) + noise);
  });
  const best = tokens.map((_, at) => {
    const { token, logProbability } = bigram.best(tokens.slice(0, traits.isOffByOne ? at + 1 : at));
    return at === 0 ? null : { [token]: logProbability, [tokens[at] as string]: values[at] ?? 0 };
  });
  return {
    tokens: tokens.map((token) => (traits.isBare ? token.trimStart() || token : token)),
    token_logprobs: traits.isDisplaced ? [null, ...values.slice(0, -1)] : values,
    top_logprobs: best,
  };
}

const columns = (terms: readonly Term[]): Listed => ({
  tokens: terms.map(({ token }) => token),
  token_logprobs: terms.map(({ logProbability }) => logProbability),
  top_logprobs: terms.map(({ token, logProbability }) => ({ [token]: logProbability })),
});

function answerRaw(asked: Asked): Reply {
  const { traits, bigram, received } = asked;
  const { body } = received;
  if (!hasName(asked)) return noName(asked);
  const prompt = String(body.prompt);
  if (traits.kind === "mlx" && typeof body.logprobs === "number") {
    return refuse("`logprobs` must be a boolean", 400);
  }
  if (traits.kind === "mlx" && body.max_tokens === 0) return refuse("max_tokens", 400);
  const echoes = body.echo === true && !traits.ignoresEcho && traits.kind !== "mlx" && traits.kind !== "tgi";
  const hasTokens = body.logprobs !== undefined && traits.kind !== "tgi";
  const most = Number(body.max_tokens ?? 16);
  const count = bigram.split(prompt).length;
  const drawn = most === 0 && traits.kind === "vllm" ? [[]] : drawAll(asked, prompt);
  const choices = drawn.map((terms, index) => {
    const text = renderText(asked, terms);
    // Without a BOS token llama-cpp-python has no place left for what it goes on with, and lists the given text alone.
    const own = echoes && traits.isOffByOne ? empty : columns(terms);
    const given = listGiven(bigram, prompt, traits);
    // vLLM counts special tokens in its offsets and leaves them out of the text; the others list what is text.
    const special = traits.kind === "vllm" ? { tokens: ["<s>"], token_logprobs: [null], top_logprobs: [null] } : empty;
    const logprobs = echoes && traits.kind !== "together" ? join(special, given, own) : own;
    const shown = body.prompt_logprobs === undefined || traits.kind !== "vllm" ? {} : renderPromptEntries(given);
    return {
      ...{ index, text: echoes && traits.kind !== "together" ? prompt + text : text, ...shown },
      ...{
        logprobs: hasTokens ? (traits.kind === "mlx" ? unspell(own) : logprobs) : null,
        finish_reason: finishOf(text, terms, most),
      },
    };
  });
  const beside =
    echoes && traits.kind === "together"
      ? { prompt: [{ text: prompt, logprobs: listGiven(bigram, prompt, traits) }] }
      : {};
  const written = drawn.reduce((sum, terms) => sum + terms.length, 0);
  const usage = { prompt_tokens: count, completion_tokens: written, total_tokens: count + written };
  return tell({
    id: "cmpl-1",
    object: "text_completion",
    model: traits.answersAs ?? body.model,
    choices,
    ...beside,
    usage,
  });
}

const empty: Listed = { tokens: [], token_logprobs: [], top_logprobs: [] };

/** As mlx-lm tells them: by number alone. */
const unspell = ({ token_logprobs: values }: Listed) => ({
  content: values.map((logprob, at) => ({ id: at, logprob })),
});

function join(...parts: readonly Listed[]): Listed {
  return {
    tokens: parts.flatMap(({ tokens }) => tokens),
    token_logprobs: parts.flatMap(({ token_logprobs: values }) => values),
    top_logprobs: parts.flatMap(({ top_logprobs: top }) => top),
  };
}

/** Keyed by a token's number; the first entry is null and its spelling is nowhere. */
function renderPromptEntries({ tokens, token_logprobs: values }: Listed) {
  const entries = tokens.map((token, at) =>
    at === 0 ? null : { [String(100 + at)]: { logprob: values[at], rank: 1, decoded_token: token } },
  );
  return { prompt_logprobs: entries };
}

function answerChat(asked: Asked): Reply {
  const { traits, received } = asked;
  if (!hasName(asked)) return noName(asked);
  const { body } = received;
  const [message] = body.messages as readonly { readonly content: string }[];
  const prompt = `user: ${message?.content}\nassistant:`;
  const most = Number(body.max_tokens ?? 16);
  const choices = drawAll(asked, prompt).map((terms, index) => {
    const text = renderText(asked, terms);
    const content = terms.map(({ token, logProbability }) => ({ token, logprob: logProbability, top_logprobs: [] }));
    return {
      ...{ index, message: { role: "assistant", content: text } },
      ...{ logprobs: body.logprobs === true && traits.kind !== "tgi" ? { content } : null },
      finish_reason: finishOf(text, terms, most),
    };
  });
  return tell({ id: "chat-1", object: "chat.completion", model: traits.answersAs ?? body.model, choices, usage: null });
}

function answerSglang({ received: { body }, bigram }: Asked): Reply {
  if (typeof body.text !== "string") return refuse("text is missing", 400);
  const { tokens, token_logprobs: values } = listGiven(bigram, body.text, { kind: "sglang" });
  const hasText = body.return_text_in_logprobs === true;
  const entries = tokens.map((token, at) => [values[at], 100 + at, hasText ? token : null]);
  const told = body.return_logprob === true ? { input_token_logprobs: entries, output_token_logprobs: [] } : {};
  const meta = { id: "1", prompt_tokens: tokens.length, completion_tokens: 0, ...told };
  return tell({ text: "", meta_info: meta });
}

function answerTgi({ received: { body }, bigram, traits }: Asked): Reply {
  if (typeof body.inputs !== "string") return refuse("missing field `inputs`", 422);
  const {
    max_new_tokens: most = 20,
    details,
    decoder_input_details: hasInput,
  } = body.parameters as Record<string, never>;
  const terms = bigram.write(body.inputs, Number(most));
  const { tokens, token_logprobs: values } = listGiven(bigram, body.inputs, traits);
  const prefill = tokens.map((text, at) => ({ id: at, text, logprob: values[at] }));
  return tell({
    generated_text: terms.map(({ token }) => token).join(""),
    details: details && {
      ...{ finish_reason: "length", generated_tokens: terms.length, seed: null },
      prefill: hasInput && !traits.ignoresEcho ? prefill : [],
      tokens: terms.map(({ token, logProbability }, id) => ({
        id,
        text: token,
        logprob: logProbability,
        special: false,
      })),
    },
  });
}
