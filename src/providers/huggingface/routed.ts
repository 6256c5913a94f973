// The way to Hugging Face's inference providers and endpoints: @huggingface/inference knows which address a model is
// asked at and by which name; the request itself goes over our wire, within our limits, told apart as any other. The
// package is given a stand-in for the key, and so can neither send nor show it.

import type { InferenceProviderOrPolicy } from "@huggingface/inference";
import type { Fault } from "../wire/classify.ts";
import type { Call, Reply, Wire } from "../wire/wire.ts";

export interface RoutedOptions {
  readonly wire: Wire;
  /** The provider that is routed to; null for the hub's choice, or an endpoint of one's own. */
  readonly route: string | null;
  /** Whose key it is: the hub's, or a provider's own, with which the provider is asked directly. */
  readonly isHubKey: boolean;
  /** Where models are looked up. */
  readonly hubUrl?: string;
}

const routerUrl = "https://router.huggingface.co";
const catalogueUrl = "https://huggingface.co";
const silent = { debug() {}, info() {}, warn() {}, error() {}, log() {} };

/** Sends chats by the package's routes; everything else goes where it says. */
export function createRoutedWire(options: RoutedOptions): Pick<Wire, "send"> {
  const { wire } = options;
  return {
    async send(call) {
      if (call.path !== "/chat/completions" || typeof call.body !== "string") return wire.send(call);
      const { chatCompletion, setLogger } = await import("@huggingface/inference");
      setLogger(silent);
      let reply: Reply | undefined;
      const send = async (address: string, init: RequestInit): Promise<Response> => {
        reply = await (init.method === "POST" ? post(address, init, call, options) : lookUp(address, call, options));
        return Response.json(reply.kind === "json" ? reply.value : {}, { status: reply.kind === "json" ? 200 : 500 });
      };
      const { route, isHubKey } = options;
      const isOwn = route === null && new URL(call.target.url).origin !== routerUrl;
      const place = isOwn
        ? { endpointUrl: call.target.url }
        : { provider: (route ?? "auto") as InferenceProviderOrPolicy };
      const accessToken = isHubKey ? "hf_stand-in" : "stand-in";
      let refusal: unknown;
      try {
        const body = JSON.parse(call.body) as Parameters<typeof chatCompletion>[0];
        await chatCompletion(
          { ...body, ...place, accessToken },
          { fetch: send as typeof fetch, retry_on_error: false, signal: call.signal },
        );
      } catch (error) {
        call.signal.throwIfAborted();
        refusal = error;
      }
      // What came of the sending is known here; what the package makes of it is of no interest.
      if (reply !== undefined && (reply.kind !== "json" || isAnswer(reply.value))) return reply;
      return denyRoute(refusal, options);
    },
  };
}

/** The question itself, to the address the package has found. */
function post(address: string, { body }: RequestInit, call: Call, { wire }: RoutedOptions): Promise<Reply> {
  const { origin, pathname, search } = new URL(address);
  // The router may stand elsewhere: behind a proxy, or on this machine.
  const target = { url: origin === routerUrl ? new URL(call.target.url).origin : origin };
  return wire.send({ target, path: pathname + search, body: String(body), signal: call.signal });
}

/** Which provider knows the model by which name. */
function lookUp(address: string, { signal }: Call, { wire, isHubKey, hubUrl }: RoutedOptions): Promise<Reply> {
  const { origin, pathname, search } = new URL(address);
  const url = origin === catalogueUrl ? (hubUrl ?? catalogueUrl).replace(/\/+$/, "") : origin;
  const call: Call = { target: { url }, path: pathname + search, method: "GET", body: null, signal };
  // A provider's own key is none of the hub's business.
  return wire.send(isHubKey ? call : { ...call, isAnonymous: true });
}

/** False for the list of providers, which is all there is where the package went no further. */
function isAnswer(value: unknown): boolean {
  return !(typeof value === "object" && value !== null && "inferenceProviderMapping" in value);
}

function denyRoute(refusal: unknown, { wire, route }: RoutedOptions): Fault {
  const words = refusal instanceof Error ? wire.show(refusal.message) : "no provider was found";
  const next = route === null ? "look the model up at the hub, or name a route" : "name another route, or leave it out";
  return { kind: "denied", reason: words, next };
}
