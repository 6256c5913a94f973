// What an experiment file says of an endpoint: which servers, which model, how it is asked, at what price and pace.
// Types only; where a key lies is named here, the key itself never is.

import type { Json } from "../keys/canonical.ts";

/** How the log-probabilities of a given text are asked for. */
export type GivenShape = "vllm" | "sglang" | "tgi" | "llama-cpp" | "together" | "refeed";

export interface EndpointSettings {
  /** Its name in the experiment file. */
  readonly name: string;
  readonly provider: "openai" | "huggingface";
  /**
   * Base addresses of servers of one and the same model, `http://127.0.0.1:8000/v1`; none for the run's own server.
   * They are no part of a key.
   */
  readonly urls: readonly string[];
  /** As the server calls it; null where it serves this run's models, each by the name of its lineage. */
  readonly model: string | null;
  readonly revision: string | null;
  /** By which it may answer beside those of its proof; older records have none. */
  readonly names?: readonly string[];
  /** Of huggingface: the inference provider that is routed to; null for the hub's choice or an endpoint of one's own. */
  readonly route: string | null;
  /** The environment variable that holds the key; null for none. */
  readonly key: string | null;
  /** chat: a prompt is a user's message. completions: it is sent as it stands. */
  readonly ask: "chat" | "completions";
  /** The system message of chats; null for none. */
  readonly system: string | null;
  /** Further members of the request's body, sent as they stand. */
  readonly params: Readonly<Record<string, Json>>;
  /** How given texts are scored: found out unless named; none where it is not to be tried. */
  readonly given: GivenShape | "auto" | "none";
  /** What stands between prompt and completion in a given text. */
  readonly join: string;
  /** One request for all draws of a prompt (n), one a draw (single), or n where a probe shows that it is heeded. */
  readonly draws: "auto" | "n" | "single";
  readonly isStreamed: boolean;
  /** False for servers that are known to leave the reason of the end out. */
  readonly hasFinish: boolean;
  /** live: a request is answered at once. batch: requests are handed in as a file and fetched hours later. */
  readonly mode: "live" | "batch";
  readonly price: Price;
  /** Of a row of a batch, where that is another: whatever else is asked there is answered at once. */
  readonly batchPrice?: Price;
  readonly limits: EndpointLimits;
}

/** US dollars. */
export interface Price {
  /** For a million tokens of prompt, and of completion. */
  readonly input: number;
  readonly output: number;
  readonly request: number;
}

export interface EndpointLimits {
  /** Requests in flight, over all its servers, at most. */
  readonly concurrency: number;
  /** A minute; null for no such limit. */
  readonly requests: number | null;
  readonly tokens: number | null;
  /** Milliseconds until the answer begins, between two pieces of it, and in all. */
  readonly firstByteMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
  /** How long the endpoint is waited for while it asks for patience or cannot be reached. */
  readonly waitMs: number;
  /** Sendings of one request whose outcome nobody asked us to repeat: lost or cut replies. */
  readonly tries: number;
  /** Bytes of one answer. */
  readonly answerBytes: number;
}
