// One request on its way through all its sendings: it waits for its turn, is intended, sent, settled, and sent again where
// that is due. What a server asks us to repeat is repeated for as long as it is waited for; what we repeat has a limit.

import type { AttemptEnd, Context } from "../../domain/context.ts";
import { BudgetError } from "../../errors.ts";
import type { Controller, Outcome, Request, Settled } from "../exchange.ts";
import type { ControllerOptions, Dispatch } from "./dispatch.ts";
import { createMuteError, createSilenceError, createUnansweredError, createVainError } from "./endpoint-errors.ts";
import type { Lane } from "./lane.ts";

/** The endpoint as a call meets it. */
interface AskParts {
  readonly dispatch: Dispatch;
  readonly options: ControllerOptions;
  /** Calls that are intended and stand in line, of whatever stages. */
  readonly line: Set<Call<unknown>>;
}

/** After which a budget that was full is looked at again. */
const lookAgainMs = 100;
/** Places of a server from which on those who wait for one are worth intending. */
const thickSize = 64;
/** How many of them are, by its places. */
const lineShare = 1 / 4;
/** Doublings of a wait while the endpoint answers others. */
const mostDoublings = 3;

interface Call<Answer> {
  readonly request: Request<Answer>;
  readonly context: Context;
  /** An intent of it stands, and what was intended was not sent. */
  isIntended: boolean;
  sendings: number;
  lost: number;
  /** Who lost it last: another is asked first. */
  lostBy: Lane | undefined;
  /** How often its wait has doubled, and when it was turned away: first, and last. */
  doublings: number;
  busySinceMs: number;
  busyMs: number;
  notBeforeMs: number;
  /** Of its last sending, what has to be on disk before it is asked again. */
  kept: Promise<void> | undefined;
}

type Answered<Answer> = Extract<Outcome<Answer>, { readonly kind: "answered" | "refused" }>;
type Unanswered = Exclude<Outcome<never>, { readonly kind: "answered" | "refused" }>;

/** What was certainly not billed may be sent again for nothing; what may have been is counted as possibly paid twice. */
const endByKind: Readonly<Record<Unanswered["kind"], AttemptEnd["state"]>> = {
  busy: "retryable",
  unreachable: "retryable",
  unpaid: "retryable",
  lost: "unknown",
  denied: "failed",
};

function createEnd(outcome: Unanswered): AttemptEnd {
  const { kind, reason } = outcome;
  const mayBeBilled = (kind === "busy" || kind === "denied") && outcome.mayBeBilled;
  const state = mayBeBilled ? "unknown" : endByKind[kind];
  return { state, reason, ...(kind === "unreachable" && { isUnsent: true }) };
}

const notSent: AttemptEnd = { state: "retryable", reason: "not sent", isUnsent: true };

export function createAsk(dispatch: Dispatch, options: ControllerOptions): Controller["ask"] {
  const line = new Set<Call<unknown>>();
  const parts: AskParts = { dispatch, options, line };
  return async <Answer>(request: Request<Answer>, context: Context): Promise<Settled<Answer>> => {
    const call: Call<Answer> = {
      request,
      context,
      isIntended: false,
      sendings: 0,
      lost: 0,
      lostBy: undefined,
      doublings: 0,
      busySinceMs: Number.NaN,
      busyMs: Number.NaN,
      notBeforeMs: Number.NEGATIVE_INFINITY,
      kept: undefined,
    };
    dispatch.room.watch(context.signal);
    try {
      for (;;) {
        const lane = findLane(call, parts);
        if (lane instanceof Promise) {
          await lane;
          continue;
        }
        if (isWorthIntending(call, lane, parts)) {
          line.add(call);
          if (!(await intend(call, options))) line.delete(call);
          continue;
        }
        const turn = lane.turns.take();
        if (turn !== true && !(await turn)) continue;
        line.delete(call);
        const outcome = await sendOnce(call, lane, parts);
        if (outcome === undefined) continue;
        if (outcome.kind === "answered" || outcome.kind === "refused") return settle(call, outcome, parts);
        // Both are in one transaction: asked for in the same turn.
        await Promise.all([context.ledger.settle(request.key, createEnd(outcome)), call.kept]);
        call.notBeforeMs = judge(call, { outcome, lane }, parts);
      }
    } catch (error) {
      line.delete(call);
      if (call.isIntended) await context.ledger.settle(request.key, notSent);
      throw error;
    }
  };
}

/** The server to be asked, or the moment to look again: now none may be. */
function findLane(
  { request, context, notBeforeMs, lostBy }: Call<unknown>,
  { dispatch, options }: AskParts,
): Lane | Promise<void> {
  dispatch.check(context.signal);
  const nowMs = options.time.monotonic();
  if (notBeforeMs > nowMs) return dispatch.room.wait(notBeforeMs);
  return dispatch.find(nowMs, request.url, lostBy) ?? dispatch.room.wait(dispatch.restUntil(nowMs, request.url));
}

/**
 * True where it will stand in line, and its intent may come onto the disk meanwhile: a place that waits for the disk asks
 * nothing. Where few are under way, or rates hold them back, it would only be one more that a killed process may have sent.
 */
function isWorthIntending(call: Call<unknown>, { turns, size }: Lane, { options, line }: AskParts): boolean {
  if (call.isIntended || !turns.isFull || size < thickSize || line.size >= lineShare * size) return false;
  return options.limits.requests === null && options.limits.tokens === null;
}

/** One sending, within the rates, in a turn that is given back; undefined where the server rests by now, or the budget is full. */
async function sendOnce<Answer>(call: Call<Answer>, lane: Lane, parts: AskParts): Promise<Outcome<Answer> | undefined> {
  const { dispatch, options } = parts;
  const { request, context } = call;
  const { rates, room, retries } = dispatch;
  let [isTaken, isSent] = [false, false];
  try {
    for (;;) {
      dispatch.check(context.signal);
      const nowMs = options.time.monotonic();
      if (lane.pausedUntilMs > nowMs) return undefined;
      const waitMs = rates.take(request.mostTokens, nowMs);
      if (waitMs === 0) break;
      await room.wait(nowMs + waitMs);
    }
    isTaken = true;
    if (!call.isIntended && !(await intend(call, options))) return undefined;
    // While that came onto the disk the server may have asked for patience, or all may have been told to stop.
    dispatch.check(context.signal);
    const sentMs = options.time.monotonic();
    if (lane.pausedUntilMs > sentMs) return undefined;
    isSent = true;
    call.isIntended = false;
    if (++call.sendings === 1) retries.earn();
    const outcome = await request.send(lane.target, dispatch.closing);
    call.kept = dispatch.note(lane, sentMs, outcome);
    return outcome;
  } finally {
    if (isTaken && !isSent) rates.giveBack(1, request.mostTokens);
    lane.turns.giveBack();
  }
}

/**
 * False where it has to be asked again: a budget that is full of what may be used is not one that is used up, and as long
 * as other requests hold something of it, at whichever endpoint, they may give it back. Its turn is theirs meanwhile.
 * Throws BudgetError where none does.
 */
function intend(call: Call<unknown>, { time }: ControllerOptions): Promise<boolean> {
  const { key, rowCount, mostUsd, mostTokens, isFree } = call.request;
  const attempt = { key, rowCount, isOutside: isFree !== true, costUsd: mostUsd, tokenCount: mostTokens };
  return call.context.ledger.intend(attempt).then(
    () => {
      call.isIntended = true;
      return true;
    },
    (error: unknown) => {
      if (!(error instanceof BudgetError && error.isFull)) throw error;
      call.notBeforeMs = time.monotonic() + lookAgainMs;
      return false;
    },
  );
}

/** When what was not answered is sent again, at the earliest. Throws where it is not. */
function judge(
  call: Call<unknown>,
  { outcome, lane }: { readonly outcome: Unanswered; readonly lane: Lane },
  { dispatch, options }: AskParts,
): number {
  const { name, limits, time } = options;
  const { kind, reason } = outcome;
  const { key, mostTokens } = call.request;
  if (kind === "denied" || kind === "unpaid") throw dispatch.refusal;
  const place = { endpoint: name, url: lane.target.url };
  const nowMs = time.monotonic();
  if (kind === "lost") {
    call.lost += 1;
    call.lostBy = lane;
    if (call.lost >= limits.tries) throw createUnansweredError(place, { key, tries: call.lost, outcome });
    const longMs = dispatch.mute.readLongMs(nowMs);
    if (longMs !== null) throw createMuteError(place, { longMs, waitMs: limits.waitMs, outcome });
    if (dispatch.lostRounds >= limits.tries) throw createVainError(place, { rounds: dispatch.lostRounds, outcome });
    return nowMs + dispatch.drawWait(call.lost);
  }
  if (kind === "unreachable") dispatch.rates.giveBack(1, mostTokens);
  if (Number.isNaN(call.busySinceMs)) call.busySinceMs = nowMs;
  // Where others were answered since it was turned away last, its server works and the window keeps the pace: longer and
  // longer waits would only be this one's bad luck. A failure may be the request's own, and each is waited for longer.
  const isMoving = dispatch.answeredMs > call.busyMs && !(kind === "busy" && outcome.mayMeanNever);
  call.doublings = (isMoving ? Math.min(call.doublings, mostDoublings - 1) : call.doublings) + 1;
  call.busyMs = nowMs;
  const waitedMs = nowMs - call.busySinceMs;
  if (waitedMs > limits.waitMs) {
    const all = dispatch.listResting(nowMs, call.request.url);
    throw createSilenceError(place, { reason, all, waitedMs, aheadMs: 0, waitMs: limits.waitMs });
  }
  // Where the server said how long, or is gone, its lane rests, and another may be asked at once. No time at all is none.
  const isFree = kind === "unreachable" || (outcome.retryAfterMs ?? 0) > 0;
  return isFree ? Number.NEGATIVE_INFINITY : nowMs + dispatch.drawWait(call.doublings);
}

function settle<Answer>(
  { request, context }: Call<Answer>,
  outcome: Answered<Answer>,
  { dispatch: { rates, room }, options: { limits } }: AskParts,
): Settled<Answer> {
  const { promptTokens, completionTokens } = outcome.usage;
  context.ledger.account(request.key, outcome.usage);
  if (promptTokens !== null && completionTokens !== null) {
    rates.giveBack(0, request.mostTokens - promptTokens - completionTokens);
    // Who waits for tokens has reckoned without these.
    if (limits.tokens !== null) room.open();
  }
  if (outcome.kind === "answered") return { kind: "answered", answer: outcome.answer };
  return { kind: "refused", reason: outcome.reason };
}
