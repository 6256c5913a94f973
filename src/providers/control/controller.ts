// The one sampling controller: when a request is sent, to which server of its endpoint, and whether again. Every sending is
// intended first and settled by what came of it. It knows no API and no wire; time and randomness are handed in.

import type { Controller } from "../exchange.ts";
import { createAsk } from "./calls.ts";
import { type ControllerOptions, createDispatch } from "./dispatch.ts";
import type { Lane } from "./lane.ts";

export interface TargetState {
  readonly url: string;
  /** Requests it is asked at once, as it stands. */
  readonly window: number;
  readonly inFlight: number;
  /** How long nothing is sent to it, milliseconds from now; 0 where something may. */
  readonly pausedMs: number;
  /** Why it rests, or did last. */
  readonly reason: string | null;
}

export interface ServerState extends TargetState {
  /** It has not been proved, and is asked for nothing but a proof. */
  readonly isLeftOut: boolean;
}

/** How an endpoint stands, for whoever watches: all its servers together, and each of them. */
export interface ControllerState extends Omit<TargetState, "url"> {
  readonly targets: readonly ServerState[];
  /** When something was answered last; in the past where nothing was. */
  readonly answeredMs: number;
}

export interface WatchedController extends Controller {
  state(): ControllerState;
}

export function createController(options: ControllerOptions): WatchedController {
  const dispatch = createDispatch(options);
  const { lanes } = dispatch;
  const readSize = (): number => {
    let size = 0;
    for (const lane of lanes) size += lane.size;
    return size;
  };
  return {
    ask: createAsk(dispatch, options),
    // A few more than are sent: their turn comes without a pause, and their intents are on the disk by then.
    width() {
      const size = readSize();
      return size + 2 + Math.ceil(size / 4);
    },
    leaveOut: dispatch.leaveOut,
    state() {
      const nowMs = options.time.monotonic();
      const targets = lanes.map((lane) => ({ ...readTarget(lane, nowMs), isLeftOut: dispatch.isLeftOut(lane) }));
      const first = targets.reduce((least, target) => (target.pausedMs < least.pausedMs ? target : least));
      return {
        window: readSize(),
        inFlight: targets.reduce((total, { inFlight }) => total + inFlight, 0),
        pausedMs: first.pausedMs,
        reason: dispatch.refusal?.what ?? first.reason,
        targets,
        answeredMs: dispatch.answeredMs,
      };
    },
    async close() {
      dispatch.close();
    },
  };
}

function readTarget({ target, size, turns, pausedUntilMs, reason }: Lane, nowMs: number): TargetState {
  const pausedMs = Math.max(0, pausedUntilMs - nowMs);
  return { url: target.url, window: size, inFlight: turns.activeCount, pausedMs, reason };
}
