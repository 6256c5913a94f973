// The Files and Batches API of one endpoint: the openai package knows its shapes, our wire carries it, once each, with
// the key, the limits and the outcomes of every other request. The package is given a stand-in for the key, and neither
// repeats nor logs anything. It knows no launch and no row.

import type OpenAI from "openai";
import type { Fault } from "../wire/classify.ts";
import type { Wire } from "../wire/wire.ts";
import { batchRoute } from "./lines.ts";

export interface BatchState {
  readonly id: string;
  readonly status: string;
  readonly createdSeconds: number;
  readonly files: readonly string[];
  /** Why it failed as a whole. */
  readonly errors: readonly { readonly code: string; readonly message: string }[];
  readonly launch: string | null;
}

/** What came of asking the service, where it was no answer. `status` is null where no reply came. */
export interface Failure {
  readonly kind: "failure";
  readonly status: number | null;
  readonly fault: Fault;
}

export interface BatchService {
  /** The file's id. */
  upload(name: string, text: string, signal: AbortSignal): Promise<string | Failure>;
  create(fileId: string, launch: string, signal: AbortSignal): Promise<BatchState | Failure>;
  /** Batches launched under this key, among those created since then. */
  find(launch: string, sinceSeconds: number, signal: AbortSignal): Promise<readonly BatchState[] | Failure>;
  read(id: string, signal: AbortSignal): Promise<BatchState | Failure>;
  download(fileId: string, signal: AbortSignal): Promise<string | Failure>;
}

/** The member of a batch's metadata that its launch stands in. */
export const launchName = "refeed_launch";

/** Bytes of an output file at most; a batch is cut so that it stays well below. */
const mostBytes = 256 * 2 ** 20;

export function createBatchService(wire: Wire, url: string): BatchService {
  const call = async <Value>(
    signal: AbortSignal,
    ask: (client: OpenAI) => Promise<Value>,
  ): Promise<Value | Failure> => {
    let told: Failure | undefined;
    const tell = (failure: Failure): void => {
      told = failure;
    };
    const { default: Client } = await import("openai");
    const client = new Client({
      apiKey: "stand-in",
      ...{ adminAPIKey: null, organization: null, project: null, webhookSecret: null },
      ...{ baseURL: url, maxRetries: 0, timeout: 2 ** 31 - 1, logLevel: "off" },
      fetch: createFetch({ wire, url, signal, tell }),
    });
    try {
      return await ask(client);
    } catch (error) {
      signal.throwIfAborted();
      // What came of the sending was told apart already; anything else is a reply that the package cannot read.
      if (told !== undefined) return told;
      const reason = `the reply cannot be read: ${wire.show(error instanceof Error ? error.message : String(error))}`;
      return { kind: "failure", status: null, fault: { kind: "lost", reason } };
    }
  };
  return {
    upload: (name, text, signal) =>
      call(signal, async (client) => {
        const { id } = await client.files.create({ file: new File([text], name), purpose: "batch" });
        return parseId(id);
      }),
    create: (fileId, launch, signal) =>
      call(signal, async (client) => {
        const metadata = { [launchName]: launch };
        const input = { input_file_id: fileId, endpoint: batchRoute, completion_window: "24h", metadata } as const;
        return parseState(await client.batches.create(input));
      }),
    find: (launch, sinceSeconds, signal) =>
      call(signal, async (client) => {
        const found: BatchState[] = [];
        // Newest first: what is older than the launch need not be looked at.
        for await (const batch of client.batches.list({ limit: 100 })) {
          const state = parseState(batch);
          if (state.createdSeconds < sinceSeconds) break;
          if (state.launch === launch) found.push(state);
        }
        return found;
      }),
    read: (id, signal) => call(signal, async (client) => parseState(await client.batches.retrieve(id))),
    download: (fileId, signal) => call(signal, async (client) => (await client.files.content(fileId)).text()),
  };
}

export function isFailure(value: unknown): value is Failure {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "failure";
}

interface Carrier {
  readonly wire: Wire;
  readonly url: string;
  readonly signal: AbortSignal;
  readonly tell: (failure: Failure) => void;
}

function createFetch({ wire, url, signal, tell }: Carrier): typeof fetch {
  const origin = new URL(url).origin;
  const carry = async (address: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const { pathname, search } = new URL(String(address));
    const packed = init.body === undefined || init.body === null ? null : new Response(init.body);
    const type = packed?.headers.get("content-type") ?? "application/json";
    const arrival = await wire.fetchRaw({
      target: { url: origin },
      path: pathname + search,
      method: init.method === "POST" || init.method === "post" ? "POST" : "GET",
      body: packed === null ? null : Buffer.from(await packed.arrayBuffer()),
      type: type.startsWith("text/plain") ? "application/json" : type,
      ...{ signal, mostBytes },
    });
    if (arrival.kind !== "arrived") {
      tell({ kind: "failure", status: null, fault: arrival });
      throw new Error(arrival.kind);
    }
    const { status, headers, text } = arrival;
    if (status < 200 || status > 299) tell({ kind: "failure", status, fault: wire.classify(arrival, origin) });
    const isEmpty = status === 204 || status === 205 || status === 304;
    return new Response(isEmpty ? null : text, {
      status: status < 200 ? 502 : status,
      headers: { "content-type": headers["content-type"] ?? "application/json" },
    });
  };
  // The package asks for a reply of this fetch's own making before it uploads: there is no need to send one.
  return Object.assign(carry, { Response }) as typeof fetch;
}

function parseState(batch: OpenAI.Batches.Batch): BatchState {
  const { id, status, created_at, output_file_id, error_file_id, errors, metadata } = batch;
  const launch = metadata?.[launchName];
  return {
    id: parseId(id),
    status: String(status),
    createdSeconds: typeof created_at === "number" ? created_at : Number.POSITIVE_INFINITY,
    files: [output_file_id, error_file_id].filter((file): file is string => typeof file === "string" && file !== ""),
    errors: (errors?.data ?? []).map(({ code, message }) => ({ code: code ?? "", message: message ?? "" })),
    launch: typeof launch === "string" ? launch : null,
  };
}

/** An id goes into an address: one that could lead elsewhere is none. */
function parseId(id: unknown): string {
  if (typeof id === "string" && /^[\w.-]{1,200}$/.test(id) && !/^\.+$/.test(id)) return id;
  throw new TypeError("the service told no id");
}
