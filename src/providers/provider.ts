// One door to an endpoint: whatever the file says of it becomes the ports that stages ask. It opens connections with the
// first request and reads no environment: a key comes in as a value. Imported when an experiment names an endpoint.

import type { Context } from "../domain/context.ts";
import type { Chat, Classifier } from "../domain/hosted.ts";
import type { Model, Sampler } from "../domain/ports.ts";
import type { Json } from "../keys/canonical.ts";
import { type BatchWaits, openBatches } from "./batch/open-batches.ts";
import { createClassifier } from "./classifier/classifier.ts";
import { type Connection, type ConnectionOptions, openConnection } from "./connection.ts";
import { createHostedSampler } from "./control/sampler.ts";
import type { EndpointSettings } from "./endpoint.ts";
import { type Dialect, plainDialect } from "./openai/body.ts";
import { createChat } from "./openai/chat.ts";
import { createSampleRequests } from "./openai/sample.ts";

export interface ProviderOptions extends ConnectionOptions {
  /** Stands in the keys of whatever asks; null where nothing is kept. */
  readonly identity?: Json;
  /**
   * Awaited before the endpoint is sampled for a model: proves that it serves that model and tells what it was found to
   * heed. Without it, what the file leaves open is done the way every server understands.
   */
  readonly enter?: (model: Model, context: Context, connection: Connection) => Promise<Found>;
  /** The same before a chat is asked; its model is the endpoint's own. */
  readonly enterJudge?: (context: Context) => Promise<unknown>;
  /** How long a batch is waited for between two looks. */
  readonly batch?: BatchWaits;
}

export interface Found {
  /** Draws that one request brings at most. */
  readonly mostDraws: number;
  readonly dialect: Dialect;
  /** Digest of what the model is told by; absent where nobody asked. */
  readonly fingerprint?: string;
}

export interface Provider extends Connection {
  readonly sampler: Sampler;
  readonly chat: Chat;
  readonly classifier: Classifier;
}

/** Raised when the same request would be sent differently, or the same reply read differently. */
const samplerVersion = 1;

const unproved: Found = { mostDraws: 1, dialect: plainDialect };

/** Throws ProviderError for a key that no request can carry. */
export function createProvider(endpoint: EndpointSettings, options: ProviderOptions): Provider {
  const connection = openConnection(endpoint, options);
  const { controller, talk } = connection;
  const asking = { ...talk, controller, identity: options.identity ?? null };
  return {
    ...connection,
    sampler: {
      version: samplerVersion,
      async *sample(prompts, request, context) {
        context.signal.throwIfAborted();
        const found = (await options.enter?.(request.model, context, connection)) ?? unproved;
        const isHeeded = found.mostDraws > 1 && request.draws <= found.mostDraws;
        const draws = endpoint.draws === "auto" ? (isHeeded ? "n" : "single") : endpoint.draws;
        const sampler =
          endpoint.mode === "batch"
            ? openBatches({ ...endpoint, price: endpoint.batchPrice ?? endpoint.price }, connection.wire, {
                ...options,
                draws,
                version: samplerVersion,
                dialect: found.dialect,
                fingerprint: found.fingerprint,
              })
            : createHostedSampler({
                version: samplerVersion,
                controller,
                createRequest: createSampleRequests(talk, found.dialect),
                draws,
              });
        yield* sampler.sample(prompts, request, context);
      },
    },
    chat: createChat({ ...asking, ...(options.enterJudge && { enter: options.enterJudge }) }),
    classifier: createClassifier(asking),
  };
}
