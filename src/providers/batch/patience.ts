// Waiting on a service that takes hours: requests that change nothing are asked again until it answers or has been silent
// for too long, and between two looks at a batch the pauses grow. Time is handed in.

import { ProviderError } from "../../errors.ts";
import type { Time } from "../control/time.ts";
import type { Rest } from "../rests.ts";
import type { Fault } from "../wire/classify.ts";
import { type Failure, isFailure } from "./service.ts";

export interface PatienceOptions {
  readonly name: string;
  readonly time: Time;
  readonly signal: AbortSignal;
  /** How long the service may be silent. */
  readonly waitMs: number;
  /** The first pause, doubled up to twelve times as long. */
  readonly pauseMs: number;
  /** After which a batch that was created stands in the list. */
  readonly settleMs: number;
  /** Told what the service asks for: a run that goes on is to keep to it. */
  readonly keep?: ((rest: Rest) => Promise<void>) | undefined;
}

export interface Patience {
  readonly waitMs: number;
  readonly settleMs: number;
  /** Asks until there is an answer. Throws ProviderError for what will never be one, and after too long a silence. */
  ask<Value>(send: () => Promise<Value | Failure>): Promise<Value>;
  /** One matter's waits: a call waits as long as the fault asks for, or throws. */
  begin(): (fault: Fault) => Promise<void>;
  /** Pauses, at most so long, and tells how long it was. Rejects where the signal is aborted. */
  rest(mostMs?: number): Promise<number>;
  /** The next pauses are short again. */
  wake(): void;
}

const longestPauses = 12;

export function createPatience({ name, time, signal, waitMs, pauseMs, settleMs, keep }: PatienceOptions): Patience {
  let nextMs = pauseMs;
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const stop = (): void => {
        cancel();
        reject(signal.reason);
      };
      const cancel = time.schedule(ms, () => {
        signal.removeEventListener("abort", stop);
        resolve();
      });
      signal.addEventListener("abort", stop, { once: true });
    });
  const rest = async (mostMs = Number.POSITIVE_INFINITY): Promise<number> => {
    const ms = Math.min(nextMs, Math.max(1, mostMs));
    nextMs = Math.min(2 * nextMs, longestPauses * pauseMs);
    await sleep(ms);
    return ms;
  };
  const begin = (): ((fault: Fault) => Promise<void>) => {
    const sinceMs = time.monotonic();
    return async (fault) => {
      if (fault.kind === "denied" || fault.kind === "unpaid") throw createError(name, fault);
      if (fault.kind === "refused")
        throw createError(name, { ...fault, next: "look at what the service complains of" });
      const aheadMs = fault.kind === "busy" ? (fault.retryAfterMs ?? 0) : 0;
      if (aheadMs > 0) await keep?.({ restMs: aheadMs, reason: fault.reason });
      const waitedMs = time.monotonic() - sinceMs;
      if (waitedMs + aheadMs > waitMs) {
        const reason = `${fault.reason}: waited for ${Math.ceil(waitedMs / 1000)} s`;
        throw createError(name, { reason, next: "resume the run when it answers again, or raise limits.waitMs" });
      }
      if (aheadMs > 0) await sleep(aheadMs);
      else await rest();
    };
  };
  return {
    waitMs,
    settleMs,
    begin,
    rest,
    wake() {
      nextMs = pauseMs;
    },
    async ask(send) {
      const wait = begin();
      for (;;) {
        signal.throwIfAborted();
        const answer = await send();
        if (!isFailure(answer)) return answer;
        await wait(answer.fault);
      }
    },
  };
}

function createError(
  name: string,
  { reason, next }: { readonly reason: string; readonly next: string },
): ProviderError {
  return new ProviderError(reason, { where: `endpoint ${name}`, next });
}
