// How quickly an endpoint answers what it is asked: the requests themselves are timed, whoever sends them.

import type { EndpointSettings } from "../providers/endpoint.ts";
import type { SendJson } from "../providers/given/send.ts";
import type { Environment } from "./environment.ts";

export interface Pace {
  /** Milliseconds of each request. */
  readonly latencies: readonly number[];
  /** Tokens written, and the milliseconds that took, over the requests that wrote some. */
  readonly writtenCount: number;
  readonly writingMs: number;
  readonly usd: number;
}

/** Times what is sent. */
export function measurePace(
  send: SendJson,
  { price }: EndpointSettings,
  { clock }: Environment,
): { readonly send: SendJson; readonly pace: Pace } {
  const pace = { latencies: [] as number[], writtenCount: 0, writingMs: 0, usd: 0 };
  return {
    pace,
    async send(...sent) {
      const { readUsage } = await import("../providers/usage.ts");
      const started = clock.monotonic();
      const reply = await send(...sent);
      const took = clock.monotonic() - started;
      if (reply.kind !== "json") return reply;
      pace.latencies.push(took);
      const { completionTokens, usd } = readUsage(reply.value, price, 0);
      pace.usd += sent[1].body === null ? 0 : usd;
      if (completionTokens !== null && completionTokens > 1) {
        pace.writtenCount += completionTokens;
        pace.writingMs += took;
      }
      return reply;
    },
  };
}
