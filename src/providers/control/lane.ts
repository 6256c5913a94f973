// One server of an endpoint: its window, and what keeps requests from it for a while. A pause is kept to the end, whoever
// asked for it; a server that answers nothing any more is asked by one request at a time until it does.

import type { Random } from "../../math/random.ts";
import type { Target } from "../exchange.ts";
import { createDoubt } from "./mute.ts";
import { createTurns, type Turns } from "./turns.ts";
import { createSteadyWindow, createWindow } from "./window.ts";

export interface Lane {
  readonly target: Target;
  /** As many as the window is large; whoever waits for one is sent away when the lane is paused. */
  readonly turns: Turns;
  /** Nothing is sent to it before; in the past where it is open. */
  readonly pausedUntilMs: number;
  /** Until when the server itself asked for that, at most pausedUntilMs. */
  readonly askedUntilMs: number;
  /** Why it is paused, or was last. */
  readonly reason: string | null;
  readonly size: number;
  /** Losses since anything else came back, those under way together as one; without those that came too late. */
  readonly lostRounds: number;
  answer(nowMs: number, latencyMs: number): void;
  /**
   * Turned away; `retryAfterMs` as the server asked, null where it said nothing. True where it is to be left alone for
   * longer than was known.
   */
  turnAway(sending: Sending, retryAfterMs: number | null): boolean;
  /** Sent, and nothing whole came back; `isLate` where it was not waited for any longer. */
  lose(sending: Sending, isLate: boolean): void;
  /** Nobody listens there. */
  miss(sending: Sending): void;
  pause(untilMs: number, reason: string): void;
  /** One place of its window goes to another lane. */
  yieldPlace(): void;
}

export interface Sending {
  readonly sentMs: number;
  readonly nowMs: number;
  readonly reason: string;
}

export interface LaneOptions {
  readonly random: Random;
  readonly firstSize: number;
  readonly backoffMs: number;
  readonly mayGrow: (lane: Lane) => boolean;
  /** The window keeps its first size. */
  readonly isSteady: boolean;
  /** Losses one after another, without anything else in between, from which on it rests after each. */
  readonly restingRounds: number;
  /** Until when it asked an earlier process to be left alone. */
  readonly rest: { readonly untilMs: number; readonly reason: string } | null;
  /** There is a turn and nobody in line for it. */
  readonly onRoom?: (lane: Lane) => void;
  /** It rests from now on, or for longer. */
  readonly onPause?: (lane: Lane) => void;
}

/** Setbacks in a row, none of them told of by an answer in between, after which a server counts as gone. */
const setbacksInRow = 8;
/** Doublings of the rest after losses alone: by then the end is near. */
const mostDoublings = 3;
const longestBackoffMs = 30_000;

/** Full jitter: anything up to the doubled bound, so that those who wait do not come back together. */
export function drawBackoff(random: Random, backoffMs: number, count: number): number {
  return random.uniform() * Math.min(longestBackoffMs, backoffMs * 2 ** Math.min(count, 20));
}

export function createLane(target: Target, options: LaneOptions): Lane {
  const { random, firstSize, backoffMs, mayGrow, isSteady, restingRounds, rest, onRoom, onPause } = options;
  const window = isSteady ? createSteadyWindow(firstSize) : createWindow(firstSize, () => mayGrow(lane));
  const turns = createTurns(window.size, onRoom && (() => onRoom(lane)));
  let askedUntilMs = rest?.untilMs ?? Number.NEGATIVE_INFINITY;
  let [pausedUntilMs, reason] = [askedUntilMs, rest?.reason ?? null];
  let [setbacks, breaks, brokenMs] = [0, 0, Number.NEGATIVE_INFINITY];
  const doubt = createDoubt();

  const resize = (): void => turns.resize(Math.min(window.size, doubt.most()));
  const pause = (untilMs: number, why: string): void => {
    reason = why;
    pausedUntilMs = Math.max(pausedUntilMs, untilMs);
    // Who waits here may go elsewhere.
    turns.dissolve();
    onPause?.(lane);
  };
  /** Takes it for gone: once for all that were under way together. */
  const breakOff = ({ sentMs, nowMs, reason: why }: Sending): void => {
    setbacks = 0;
    if (sentMs < brokenMs) return;
    brokenMs = nowMs;
    window.collapse(nowMs);
    const doublings = Math.max(breaks, Math.min(doubt.rounds() - 1, mostDoublings));
    pause(nowMs + backoffMs / 2 + drawBackoff(random, backoffMs, doublings), why);
    breaks += 1;
  };
  const count = (sending: Sending): void => {
    setbacks += 1;
    if (setbacks >= setbacksInRow) breakOff(sending);
  };

  const lane: Lane = {
    target,
    turns,
    get pausedUntilMs() {
      return pausedUntilMs;
    },
    get askedUntilMs() {
      return askedUntilMs;
    },
    get reason() {
      return reason;
    },
    get size() {
      return window.size;
    },
    get lostRounds() {
      return doubt.rounds();
    },
    answer(nowMs, latencyMs) {
      setbacks = 0;
      breaks = 0;
      doubt.end();
      window.answer({ nowMs, latencyMs, activeCount: turns.activeCount });
      resize();
    },
    turnAway(sending, retryAfterMs) {
      doubt.end();
      window.shrink(sending.sentMs, sending.nowMs);
      const before = askedUntilMs;
      if (retryAfterMs === null || retryAfterMs === 0) count(sending);
      else {
        const untilMs = sending.nowMs + retryAfterMs;
        askedUntilMs = Math.max(askedUntilMs, untilMs);
        pause(untilMs, sending.reason);
      }
      resize();
      return askedUntilMs > before;
    },
    lose(sending, isLate) {
      doubt.add(sending, { isLate, othersCount: turns.activeCount - 1 });
      if (!isLate && doubt.rounds() >= restingRounds) breakOff(sending);
      else count(sending);
      resize();
    },
    miss(sending) {
      doubt.pass(sending);
      breakOff(sending);
      resize();
    },
    pause,
    yieldPlace() {
      window.yieldPlace();
      resize();
    },
  };
  return lane;
}
