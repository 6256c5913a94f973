// What stands between an endpoint's settings and the requests to it: its wire, its controller, the key as a value, and
// the way its provider routes. It knows neither what is asked nor what the answers are for.

import { randomBytes } from "node:crypto";
import type { Clock } from "../domain/context.ts";
import { computeSeed } from "../keys/seed.ts";
import { createRandom } from "../math/random.ts";
import { createController, type WatchedController } from "./control/controller.ts";
import { createTime } from "./control/time.ts";
import type { EndpointSettings } from "./endpoint.ts";
import { createRoutedWire } from "./huggingface/routed.ts";
import { createTalk, type Talk } from "./openai/talk.ts";
import type { Rests } from "./rests.ts";
import { createKeyError } from "./secret.ts";
import { createWire, type Wire } from "./wire/wire.ts";

export interface ConnectionOptions {
  /** The key itself; null for none. Of an endpoint that names one, nothing is sent without it. */
  readonly secret: string | null;
  readonly clock: Clock;
  /** Where models are looked up, of huggingface. */
  readonly hubUrl?: string;
  /** True where unencrypted requests to public addresses are meant. */
  readonly isPlainAllowed?: boolean;
  readonly backoffMs?: number;
  /** The window is limits.concurrency, whatever the latency. */
  readonly isSteady?: boolean;
  /** What servers ask for is kept there, and was by earlier processes; nothing is unless given. */
  readonly rests?: Rests;
}

export interface Connection {
  readonly controller: WatchedController;
  /** Requests of any shape; chats go by the provider's routes, so that a probe meets whoever is sampled. */
  readonly wire: Wire;
  readonly talk: Talk;
  close(): Promise<void>;
}

/** Throws ProviderError for a key that no request can carry. */
export function openConnection(endpoint: EndpointSettings, options: ConnectionOptions): Connection {
  const { name, limits, urls, provider } = endpoint;
  const { secret, clock, isPlainAllowed = false, backoffMs, isSteady = false, rests } = options;
  const plain = createWire({ name, secret, limits, now: () => clock.now(), isPlainAllowed });
  const wire = provider === "huggingface" ? route(plain, endpoint, options) : plain;
  const controller = createController({
    name,
    targets: urls.map((url) => ({ url })),
    limits,
    time: createTime(clock),
    // Waits of their own for every process: two that were turned away together do not come back together.
    random: createRandom(computeSeed("backoff", randomBytes(8).toString("hex"))),
    isSteady,
    ...(backoffMs === undefined ? {} : { backoffMs }),
    ...(rests && { rests }),
  });
  const { key } = endpoint;
  const isKeyless = key !== null && !secret;
  return {
    controller: isKeyless ? { ...controller, ask: () => Promise.reject(createKeyError(name, key)) } : controller,
    wire,
    talk: createTalk(endpoint, wire),
    async close() {
      await controller.close();
      await wire.close();
    },
  };
}

function route(wire: Wire, { route: name }: EndpointSettings, { secret, hubUrl }: ConnectionOptions): Wire {
  const isHubKey = secret === null || secret.trim().startsWith("hf_");
  const { send } = createRoutedWire({ wire, route: name, isHubKey, ...(hubUrl === undefined ? {} : { hubUrl }) });
  return { ...wire, send };
}
