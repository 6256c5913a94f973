// What an endpoint waits for just now, as the live line of a run tells it. It looks from time to time and counts nothing of
// its own, so that no request takes longer for being watched. And what it goes without, told when that changes.

import type { ControllerState } from "../../providers/control/controller.ts";
import type { EndpointSettings } from "../../providers/endpoint.ts";
import type { Controller } from "../../providers/exchange.ts";

/** A shorter wait is none that anybody is to be told of. */
const tellingMs = 1000;

/** Answers of a model that is being loaded, or that thinks, may take that long without anything being wrong. */
const quietMs = 10_000;

/** `teacher waits 12 s: 429`; of several servers also which one, though others may be asked meanwhile. */
export function renderWait(name: string, { targets }: Pick<ControllerState, "targets">): string | null {
  const resting = targets.filter(({ pausedMs, isLeftOut }) => pausedMs >= tellingMs && !isLeftOut);
  const [first, ...others] = resting.toSorted((one, other) => one.pausedMs - other.pausedMs);
  if (first === undefined) {
    const away = targets.filter(({ isLeftOut }) => isLeftOut).map(({ url }) => url);
    return away.length === 0 ? null : `${name} goes without ${away.join(", ")}: nobody listened there`;
  }
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  const which = targets.length === 1 ? "" : ` for ${first.url}${more}`;
  return `${name} waits ${Math.ceil(first.pausedMs / 1000)} s${which}: ${first.reason ?? "it was asked to"}`;
}

type Watched = Pick<ControllerState, "inFlight" | "answeredMs">;

/**
 * Tells of requests under way of which none has been answered for long: `teacher has not answered for 12 s, 3 requests under way`.
 * Looked at seldom it tells of less time than has passed, never of more.
 */
export function createQuiet(name: string, monotonic: () => number): (state: Watched) => string | null {
  let since: { readonly ms: number; readonly answeredMs: number } | undefined;
  return ({ inFlight, answeredMs }) => {
    const nowMs = monotonic();
    if (inFlight === 0) since = undefined;
    else if (since?.answeredMs !== answeredMs) since = { ms: nowMs, answeredMs };
    const quiet = since === undefined ? 0 : nowMs - since.ms;
    if (quiet < quietMs) return null;
    const requests = inFlight === 1 ? "1 request" : `${inFlight} requests`;
    return `${name} has not answered for ${Math.floor(quiet / 1000)} s, ${requests} under way`;
  };
}

/** Leaves servers out, and tells of them as often as that changes; where all are away, the first to come is waited for. */
export function createLeaveOut(
  { name, urls: all }: Pick<EndpointSettings, "name" | "urls">,
  { leaveOut }: Pick<Controller, "leaveOut">,
  onLeftOut: ((endpoint: string, urls: readonly string[]) => void) | undefined,
): Controller["leaveOut"] {
  let told = "";
  return (urls) => {
    leaveOut(urls);
    const now = urls.join(" ");
    if (now === told || urls.length === all.length) return;
    told = now;
    onLeftOut?.(name, urls);
  };
}
