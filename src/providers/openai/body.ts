// What is sent: the bodies of chats and of raw completions, as OpenAI's API reference has them and as the servers that
// follow it take them. It knows no server's address and reads no reply.

import type { Json } from "../../keys/canonical.ts";
import type { EndpointSettings } from "../endpoint.ts";
import type { SampleAsk } from "../exchange.ts";
import { createDrawSeeds } from "../served/draw-seeds.ts";

/** How a server wants to be asked for the log-probabilities of what it writes. `boolean` is mlx-lm's way. */
export type LogProbabilityShape = "number" | "boolean" | "none";

export interface Dialect {
  readonly logProbabilities: LogProbabilityShape;
  /** True where stop texts are not heeded: they are not sent, and what is written is cut here. */
  readonly ignoresStop?: boolean;
}

export const plainDialect: Dialect = { logProbabilities: "number" };

export type Body = Readonly<Record<string, Json>>;

export function createSampleBody(endpoint: EndpointSettings, ask: SampleAsk, dialect: Dialect): Body {
  const { prompt, draws, seeds, request } = ask;
  const { temperature, topP, topK, maxTokens, stop = [], model } = request;
  const body: Record<string, Json> = { model: endpoint.model ?? model.lineage };
  if (endpoint.ask === "chat") body.messages = createMessages(endpoint, prompt.text);
  else body.prompt = prompt.text;
  body.temperature = temperature;
  if (topP !== null) body.top_p = topP;
  if (topK !== null) body.top_k = topK;
  Object.assign(body, createLimit(endpoint, maxTokens));
  if (stop.length > 0 && !dialect.ignoresStop) body.stop = stop;
  // A server of Refeed's own draws by whole seeds what this process itself would have drawn.
  if (isRefeed(endpoint)) Object.assign(body, createDrawSeeds(request, prompt, draws));
  else if (seeds.length > 0) body.seed = seeds[0]!;
  if (draws.length !== 1) body.n = draws.length;
  Object.assign(body, createLogProbabilities(endpoint, dialect));
  if (endpoint.isStreamed) Object.assign(body, streamed);
  return finish(endpoint, body);
}

const streamed: Body = { stream: true, stream_options: { include_usage: true } };

export interface Saying {
  readonly system: string | null;
  readonly text: string;
  readonly schema: Json | null;
  readonly maxTokens: number;
}

/** One question, answered greedily. */
export function createQuestionBody(endpoint: EndpointSettings, { system, text, schema, maxTokens }: Saying): Body {
  const first = system ?? endpoint.system;
  const asked =
    endpoint.ask === "chat"
      ? { messages: createMessages({ system: first }, text) }
      : { prompt: first === null ? text : `${first}\n\n${text}` };
  return finish(endpoint, {
    model: endpoint.model ?? "",
    ...asked,
    temperature: 0,
    ...createLimit(endpoint, maxTokens),
    ...(schema === null
      ? {}
      : { response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema } } }),
    ...(endpoint.isStreamed ? streamed : {}),
  });
}

/** What the file says of the body comes last: a value stands in place of ours, null takes a member out. */
export function finish({ params }: Pick<EndpointSettings, "params">, body: Body): Body {
  const names = Object.keys(params);
  if (names.length === 0) return body;
  const whole: Record<string, Json> = { ...body, ...params };
  for (const name of names) if (params[name] === null) delete whole[name];
  return whole;
}

function createMessages({ system }: Pick<EndpointSettings, "system">, text: string): readonly Json[] {
  const user = { role: "user", content: text };
  return system === null ? [user] : [{ role: "system", content: system }, user];
}

/** OpenAI's newer models take nothing but the longer name, and no other server is sure to know it. */
export function createLimit({ ask, urls }: Pick<EndpointSettings, "ask" | "urls">, maxTokens: number): Body {
  const isVendor = urls.some((url) => url.startsWith("https://api.openai.com/"));
  return ask === "chat" && isVendor ? { max_completion_tokens: maxTokens } : { max_tokens: maxTokens };
}

/** Tokens of one draw that are reserved: what the file says of the body may allow for more than was asked for. */
export function computeMostTokens({ params }: Pick<EndpointSettings, "params">, maxTokens: number): number {
  const told = [params.max_tokens, params.max_completion_tokens].filter((most) => typeof most === "number");
  return Math.max(maxTokens, ...told);
}

/** One alternative is asked for beside each token: with none, llama.cpp tells nothing and mlx-lm refuses. */
export function createLogProbabilities(endpoint: EndpointSettings, { logProbabilities }: Dialect): Body {
  if (logProbabilities === "none") return {};
  if (logProbabilities === "boolean" || (endpoint.ask === "chat" && isRefeed(endpoint))) return { logprobs: true };
  return endpoint.ask === "chat" ? { logprobs: true, top_logprobs: 1 } : { logprobs: 1 };
}

/** True for a server of Refeed's own. */
function isRefeed({ given, model }: EndpointSettings): boolean {
  return given === "refeed" || (given === "auto" && model === null);
}
