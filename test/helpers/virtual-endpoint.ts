// An endpoint in virtual time: a controller over servers that answer as a test says, and the books of both sides.

import { createRecordingContext } from "../../src/contracts/case.ts";
import type { AttemptEnd, AttemptIntent, Context } from "../../src/domain/context.ts";
import { createRandom, type Random } from "../../src/math/random.ts";
import { type Asked, askAll } from "../../src/providers/control/ask-all.ts";
import { createController, type WatchedController } from "../../src/providers/control/controller.ts";
import type { ControllerOptions } from "../../src/providers/control/dispatch.ts";
import type { Outcome, Request } from "../../src/providers/exchange.ts";
import type { Rests } from "../../src/providers/rests.ts";
import { createVirtualTime, type VirtualTime } from "./virtual-time.ts";

export interface Sent {
  readonly key: string;
  readonly url: string;
  readonly atMs: number;
  /** Counted from 1, for this key. */
  readonly count: number;
  /** Under way at that server, this one included. */
  readonly together: number;
}

/** What a server does with a request; `latencyMs` is 50 unless given. */
export type Reply = Outcome<string> & { readonly latencyMs?: number };

export interface VirtualEndpoint {
  readonly controller: WatchedController;
  readonly time: VirtualTime;
  readonly context: Context;
  readonly sent: readonly Sent[];
  /** What the ledger was told, in order. */
  readonly told: readonly { readonly key: string; readonly state: "intend" | "account" | AttemptEnd["state"] }[];
  count(state: string): number;
  createRequest(key: string): Request<string>;
  /** Asks for so many, keys from "0" on; yields as answers come. */
  askMany(count: number): AsyncGenerator<Asked<string, string>>;
  abort(reason: Error): void;
}

export interface VirtualOptions {
  readonly urls?: readonly string[];
  readonly limits?: Partial<ControllerOptions["limits"]>;
  readonly backoffMs?: number;
  readonly seed?: number;
  /** What one sending is reserved. */
  readonly mostTokens?: number;
  readonly rests?: Rests;
  /** Called for each intent; what it throws refuses it. */
  readonly onIntend?: (attempt: AttemptIntent) => void;
  readonly answer: (sent: Sent, random: Random) => Reply;
}

export const answered = (sent: Sent, more: { readonly latencyMs?: number; readonly tokens?: number } = {}): Reply => ({
  kind: "answered",
  answer: `${sent.key} by ${sent.url}`,
  usage: { url: sent.url, promptTokens: more.tokens ?? 4, completionTokens: 6, usd: 0.01 },
  latencyMs: more.latencyMs ?? 50,
});

export function createVirtualEndpoint(options: VirtualOptions): VirtualEndpoint {
  const { urls = ["one"], seed = 1, backoffMs, mostTokens = 10, rests, answer, onIntend } = options;
  const time = createVirtualTime();
  const random = createRandom(Uint32Array.of(seed, 2, 3, 4));
  const limits = { concurrency: 16, requests: null, tokens: null, waitMs: 600_000, tries: 4, ...options.limits };
  const targets = urls.map((url) => ({ url }));
  const controller = createController({
    name: "teacher",
    targets,
    limits,
    time,
    random,
    ...(backoffMs && { backoffMs }),
    ...(rests && { rests }),
  });
  const sent: Sent[] = [];
  const told: { key: string; state: "intend" | "account" | AttemptEnd["state"] }[] = [];
  const countByKey = new Map<string, number>();
  const togetherByUrl = new Map<string, number>();
  const stop = new AbortController();

  const context: Context = {
    ...createRecordingContext("stage"),
    signal: stop.signal,
    ledger: {
      async intend(attempt) {
        await time.sleep(1);
        onIntend?.(attempt);
        told.push({ key: attempt.key, state: "intend" });
      },
      settle: async (key, { state }) => void told.push({ key, state }),
      account: (key) => void told.push({ key, state: "account" }),
      record: async () => undefined,
      recall: () => undefined,
    },
  };
  const createRequest = (key: string): Request<string> => ({
    ...{ key, rowCount: 1, mostUsd: 0.01, mostTokens },
    async send({ url }) {
      const count = (countByKey.get(key) ?? 0) + 1;
      const together = (togetherByUrl.get(url) ?? 0) + 1;
      countByKey.set(key, count);
      togetherByUrl.set(url, together);
      const one = { key, url, atMs: time.monotonic(), count, together };
      sent.push(one);
      const { latencyMs = 50, ...outcome } = answer(one, random);
      await time.sleep(latencyMs);
      togetherByUrl.set(url, (togetherByUrl.get(url) as number) - 1);
      return outcome;
    },
  });
  return {
    ...{ controller, time, context, sent, told, createRequest },
    count: (state) => told.filter((line) => line.state === state).length,
    askMany: (count) => askAll(createKeys(count), { controller, context, createRequest }),
    abort: (reason) => stop.abort(reason),
  };
}

async function* createKeys(count: number): AsyncGenerator<string> {
  for (let index = 0; index < count; index++) yield String(index);
}
