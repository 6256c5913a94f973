// One request on its way through all its sendings: it waits for its turn, is intended, sent, settled, and sent again where
// that is due. What a server asks us to repeat is repeated for as long as it is waited for; what we repeat has a limit.

import type { AttemptEnd, Context, Usage } from "../../domain/context.ts";
import type { Controller, Outcome, Request, Settled } from "../exchange.ts";
import type { ControllerOptions, Dispatch } from "./dispatch.ts";
import { createSilenceError, createUnansweredError } from "./endpoint-errors.ts";
import type { Lane } from "./lane.ts";

interface Call<Answer> {
  readonly request: Request<Answer>;
  readonly context: Context;
  /** An intent of it stands, and what was intended was not sent. */
  isIntended: boolean;
  sendings: number;
  lost: number;
  busy: number;
  /** When it was first turned away. */
  busySinceMs: number;
  notBeforeMs: number;
}

type Unanswered = Exclude<Outcome<never>, { readonly kind: "answered" | "refused" }>;

export function createAsk(dispatch: Dispatch, options: ControllerOptions): Controller["ask"] {
  const { name, limits, time } = options;
  const { gate, rates, retries } = dispatch;

  /** The server to be asked, as soon as one may be. */
  const findLane = async ({ context, notBeforeMs }: Call<unknown>): Promise<Lane> => {
    for (;;) {
      dispatch.check(context.signal);
      const nowMs = time.monotonic();
      const lane = notBeforeMs > nowMs ? undefined : dispatch.find(nowMs);
      if (lane) return lane;
      await gate.wait(notBeforeMs > nowMs ? notBeforeMs : dispatch.restUntil(nowMs));
    }
  };

  /** Within the window: one sending, or undefined where the server rests by now. */
  const sendNow = async <Answer>(call: Call<Answer>, lane: Lane): Promise<Outcome<Answer> | undefined> => {
    const { request, context } = call;
    for (;;) {
      dispatch.check(context.signal);
      const nowMs = time.monotonic();
      if (lane.pausedUntilMs > nowMs) return undefined;
      const waitMs = rates.take(request.mostTokens, nowMs);
      if (waitMs === 0) break;
      await gate.wait(nowMs + waitMs);
    }
    let isSent = false;
    try {
      if (!call.isIntended) await intend(call);
      // While that came onto the disk the server may have asked for patience, or all may have been told to stop.
      dispatch.check(context.signal);
      const sentMs = time.monotonic();
      if (lane.pausedUntilMs > sentMs) return undefined;
      isSent = true;
      call.isIntended = false;
      if (++call.sendings === 1) retries.earn();
      const outcome = await request.send(lane.target, dispatch.closing);
      dispatch.note(lane, sentMs, outcome);
      return outcome;
    } finally {
      if (!isSent) rates.giveBack(1, request.mostTokens);
    }
  };

  const conclude = async (call: Call<unknown>, lane: Lane, outcome: Unanswered): Promise<void> => {
    const { request, context } = call;
    const { reason } = outcome;
    await context.ledger.settle(request.key, { state: endByKind[outcome.kind], reason });
    const place = { endpoint: name, url: lane.target.url };
    const nowMs = time.monotonic();
    if (outcome.kind === "denied" || outcome.kind === "unpaid") throw dispatch.refusal;
    if (outcome.kind === "lost") {
      call.lost += 1;
      if (call.lost >= limits.tries) throw createUnansweredError(place, { key: request.key, tries: call.lost, reason });
      call.notBeforeMs = nowMs + dispatch.drawWait(call.lost);
      return;
    }
    if (outcome.kind === "unreachable") rates.giveBack(1, request.mostTokens);
    if (call.busy === 0) call.busySinceMs = nowMs;
    call.busy += 1;
    const waitedMs = nowMs - call.busySinceMs;
    if (waitedMs > limits.waitMs) {
      throw createSilenceError(place, { reason, waitedMs, aheadMs: 0, waitMs: limits.waitMs });
    }
    const asked = outcome.kind === "busy" ? outcome.retryAfterMs : 0;
    call.notBeforeMs = asked === null ? nowMs + dispatch.drawWait(call.busy) : Number.NEGATIVE_INFINITY;
  };

  const settle = <Answer>({ request, context }: Call<Answer>, outcome: Answered<Answer>): Settled<Answer> => {
    context.ledger.account(request.key, outcome.usage);
    rates.giveBack(0, readUnused(request, outcome.usage));
    return outcome.kind === "answered"
      ? { kind: "answered", answer: outcome.answer }
      : { kind: "refused", reason: outcome.reason };
  };

  return async <Answer>(request: Request<Answer>, context: Context): Promise<Settled<Answer>> => {
    const call: Call<Answer> = {
      ...{ request, context, isIntended: false, sendings: 0, lost: 0, busy: 0 },
      ...{ busySinceMs: Number.NaN, notBeforeMs: Number.NEGATIVE_INFINITY },
    };
    gate.watch(context.signal);
    try {
      for (;;) {
        const lane = await findLane(call);
        const outcome = await within(lane, () => sendNow(call, lane));
        if (outcome === undefined) continue;
        if (outcome.kind === "answered" || outcome.kind === "refused") return settle(call, outcome);
        await conclude(call, lane, outcome);
      }
    } catch (error) {
      if (call.isIntended) await context.ledger.settle(request.key, { state: "retryable", reason: "not sent" });
      throw error;
    }
  };
}

type Answered<Answer> = Extract<Outcome<Answer>, { readonly kind: "answered" | "refused" }>;

/** What was certainly not billed may be sent again for nothing; what may have been is counted as possibly paid twice. */
const endByKind: Readonly<Record<Unanswered["kind"], AttemptEnd["state"]>> = {
  busy: "retryable",
  unreachable: "retryable",
  unpaid: "retryable",
  lost: "unknown",
  denied: "failed",
};

async function intend(call: Call<unknown>): Promise<void> {
  const { key, rowCount, mostUsd, mostTokens } = call.request;
  await call.context.ledger.intend({ key, rowCount, isOutside: true, costUsd: mostUsd, tokenCount: mostTokens });
  call.isIntended = true;
}

/** In the lane's window; undefined where it was paused before the request's turn came. */
async function within<Result>(lane: Lane, work: () => Promise<Result>): Promise<Result | undefined> {
  let isBegun = false;
  try {
    return await lane.limit(() => {
      isBegun = true;
      return work();
    });
  } catch (error) {
    if (isBegun) throw error;
    return undefined;
  }
}

function readUnused({ mostTokens }: Request<unknown>, { promptTokens, completionTokens }: Usage): number {
  if (promptTokens === null || completionTokens === null) return 0;
  return mostTokens - promptTokens - completionTokens;
}
