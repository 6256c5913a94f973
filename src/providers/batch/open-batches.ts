// An endpoint in batch mode behind the Sampler port, where its settings allow for one.

import type { Clock } from "../../domain/context.ts";
import type { Sampler } from "../../domain/ports.ts";
import { ProviderError } from "../../errors.ts";
import { createTime } from "../control/time.ts";
import type { EndpointSettings } from "../endpoint.ts";
import type { Dialect } from "../openai/body.ts";
import type { Rests } from "../rests.ts";
import type { Wire } from "../wire/wire.ts";
import { type BatchWaits, createBatchSampler } from "./sampler.ts";
import { createBatchService } from "./service.ts";

export type { BatchWaits };

export interface BatchChoice {
  readonly version: number;
  readonly clock: Clock;
  readonly draws: "n" | "single";
  readonly dialect: Dialect;
  readonly fingerprint?: string | undefined;
  readonly batch?: BatchWaits;
  readonly rests?: Rests;
}

/** Throws ProviderError for settings that no batch can serve. */
export function openBatches(endpoint: EndpointSettings, wire: Wire, choice: BatchChoice): Sampler {
  const [url] = endpoint.urls;
  const where = `endpoint ${endpoint.name}`;
  if (endpoint.provider !== "openai") {
    throw new ProviderError("batches are handed in by OpenAI's routes alone", { where, next: "set mode: live" });
  }
  if (endpoint.ask !== "chat") {
    throw new ProviderError("batches hold chats alone", { where, next: "set ask: chat, or mode: live" });
  }
  if (url === undefined || endpoint.urls.length > 1) {
    throw new ProviderError("a batch is handed in at one address", { where, next: "name one url, or set mode: live" });
  }
  const { version, clock, draws, dialect, fingerprint, batch, rests } = choice;
  const service = createBatchService(wire, url);
  const redact = (text: string): string => wire.show(text);
  const parts = { version, service, endpoint, url, dialect, fingerprint, draws, time: createTime(clock), redact };
  return createBatchSampler({ ...parts, ...batch, keep: rests && ((rest) => rests.write(url, rest)) });
}
