// Whether the patience that servers ask for is kept, seen from between the controller and the wire: each reply that asks for
// it is noted as it arrives, each request as it leaves. Both by one clock, so that nothing has to be allowed for.

import { appendFileSync } from "node:fs";
import type { CreateSampleRequest } from "../../src/providers/exchange.ts";

export interface Patience {
  /** Replies that asked for time, and milliseconds they asked for, all together. */
  readonly replies: number;
  readonly askedMs: number;
}

/** A line is added to the file for every request that leaves before its server's time has come. */
export function watchPatience(create: CreateSampleRequest, file: string) {
  const untilByUrl = new Map<string, number>();
  let [replies, askedMs] = [0, 0];
  const rest = (url: string, ms: number): void => {
    replies += 1;
    askedMs += ms;
    const untilMs = Math.max(untilByUrl.get(url) ?? 0, performance.now() + ms);
    // In force from the next turn on: by then the controller has been told.
    setImmediate(() => void untilByUrl.set(url, Math.max(untilMs, untilByUrl.get(url) ?? 0)));
  };
  const createRequest: CreateSampleRequest = (ask) => {
    const request = create(ask);
    return {
      ...request,
      async send(target, signal) {
        const earlyMs = (untilByUrl.get(target.url) ?? 0) - performance.now();
        if (earlyMs > 0) appendFileSync(file, `${target.url}: ${request.key} left ${earlyMs} ms early\n`);
        const outcome = await request.send(target, signal);
        if (outcome.kind === "busy" && outcome.retryAfterMs !== null) rest(target.url, outcome.retryAfterMs);
        return outcome;
      },
    };
  };
  return { createRequest, read: (): Patience => ({ replies, askedMs }) };
}
