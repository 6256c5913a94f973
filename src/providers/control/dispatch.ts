// The state of one endpoint: its servers, its rates, why it rests, and whether it may be asked at all.
// What comes back from a sending is noted here before anything else is sent.

import { CancelledError, type ProviderError } from "../../errors.ts";
import type { Random } from "../../math/random.ts";
import type { EndpointLimits } from "../endpoint.ts";
import type { Outcome, Target } from "../exchange.ts";
import type { Rest, Rests } from "../rests.ts";
import { createRefusalError, createSilenceError, isAboutTime, type Resting } from "./endpoint-errors.ts";
import { createLane, drawBackoff, type Lane, type LaneOptions } from "./lane.ts";
import { createMute, type Mute } from "./mute.ts";
import { createRates, type Rates } from "./rates.ts";
import { createRetryBudget, type RetryBudget } from "./retries.ts";
import type { Time } from "./time.ts";
import { createWaitingRoom, type WaitingRoom } from "./waiting-room.ts";

export interface ControllerOptions {
  /** The endpoint's name, for what is said of it. */
  readonly name: string;
  readonly targets: readonly Target[];
  readonly limits: Pick<EndpointLimits, "concurrency" | "requests" | "tokens" | "waitMs" | "tries">;
  readonly time: Time;
  readonly random: Random;
  /** The first of the waits that double, 500 ms unless given. */
  readonly backoffMs?: number;
  /** limits.concurrency is the window from the beginning, and stays it: for servers that wait for this very process. */
  readonly isSteady?: boolean;
  /** What servers asked of earlier processes, and where what they ask for is kept. */
  readonly rests?: Rests;
}

export interface Dispatch {
  readonly lanes: readonly Lane[];
  readonly room: WaitingRoom;
  readonly rates: Rates;
  readonly retries: RetryBudget;
  readonly mute: Mute;
  /** How often in a row everything was lost that was sent, at each of its servers; 0 where one of them has lost nothing. */
  readonly lostRounds: number;
  readonly closing: AbortSignal;
  /** Throws where nothing may be sent any more: refused for good, closed, or the caller was told to stop. */
  check(signal: AbortSignal): void;
  /** The servers that are asked for nothing that does not name them. */
  leaveOut(urls: readonly string[]): void;
  isLeftOut(lane: Lane): boolean;
  /**
   * The open server with the most room, undefined where all rest; `url` names the only one that will do, and `last` is
   * taken only where no other is open.
   */
  find(nowMs: number, url?: string, last?: Lane): Lane | undefined;
  /** Until when all of them rest. Throws where that is longer than the endpoint is to be waited for. */
  restUntil(nowMs: number, url?: string): number;
  /** Those that may be asked, where they are several and all of them rest; otherwise none. */
  listResting(nowMs: number, url?: string): readonly Resting[];
  /**
   * Keeps in mind what a sending came to; before anything else can be sent. What it returns resolves once that is on disk
   * which another process has to know.
   */
  note(lane: Lane, sentMs: number, outcome: Outcome<unknown>): Promise<void> | undefined;
  /** A wait before the same is sent again, milliseconds. */
  drawWait(count: number): number;
  readonly refusal: ProviderError | undefined;
  /** When something was answered last; in the past where nothing was. */
  readonly answeredMs: number;
  close(): void;
}

const silent = "does not answer";
const defaultBackoffMs = 500;
const fewestRetries = 10;
/** What lasts for a moment is no end: so many times a server rests before it is given up for losing everything. */
const lastRests = 2;
/** Requests a server is asked at once before it has shown what it takes. */
const firstWindow = 8;

export function createDispatch(options: ControllerOptions): Dispatch {
  const { name, targets, limits, time, random, backoffMs = defaultBackoffMs, isSteady = false, rests } = options;
  const startMs = time.monotonic();
  const closing = new AbortController();
  const room = createWaitingRoom(time);
  const retries = createRetryBudget(Math.max(fewestRetries, limits.concurrency));
  const mute = createMute(limits);
  const share = Math.floor(limits.concurrency / targets.length);
  const firstSize = isSteady ? share : Math.min(firstWindow, share);
  const lanes: readonly Lane[] = targets.map((target) =>
    createLane(target, {
      random,
      firstSize,
      backoffMs,
      isSteady,
      restingRounds: Math.max(2, limits.tries - lastRests),
      rest: findRest(rests?.read(target.url), startMs),
      mayGrow: (lane) => findPlace(lanes, lane, limits.concurrency),
      ...(targets.length > 1 && { onRoom: (lane: Lane) => fill(lane), onPause: (lane: Lane) => void reopen(lane) }),
    }),
  );
  let asked = lanes;
  let refusal: ProviderError | undefined;
  /** Since when nothing was answered and something was turned away. */
  let silentSinceMs = lanes.some(({ pausedUntilMs }) => pausedUntilMs > startMs) ? startMs : undefined;
  let answeredMs = Number.NEGATIVE_INFINITY;

  /** Who stands in the longest line looks again: a server that is silent keeps nobody from another that has room. */
  const fill = (lane: Lane): void => {
    if (!asked.includes(lane)) return;
    let longest = lane;
    for (const each of asked) if (each.turns.waitingCount > longest.turns.waitingCount) longest = each;
    if (longest !== lane && lane.pausedUntilMs <= time.monotonic()) longest.turns.sendAway();
  };
  const fillUp = (lane: Lane): void => {
    for (let free = lane.size - lane.turns.activeCount; free > 0; free--) fill(lane);
  };
  const resting = new Set<Lane>();
  /** Who went elsewhere when it was paused may stand in a line there by now, and nothing moves where nothing is sent. */
  const reopen = async (lane: Lane): Promise<void> => {
    if (resting.has(lane)) return;
    resting.add(lane);
    while (lane.pausedUntilMs > time.monotonic() && !closing.signal.aborted) await room.wait(lane.pausedUntilMs);
    resting.delete(lane);
    fillUp(lane);
  };
  // The same holds for one that rested before anything was asked of it.
  if (targets.length > 1) for (const lane of lanes) if (lane.pausedUntilMs > startMs) void reopen(lane);
  const lanesOf = (url: string | undefined): readonly Lane[] =>
    url === undefined ? asked : lanes.filter(({ target }) => target.url === url);
  const listResting = (nowMs: number, url?: string): readonly Resting[] => {
    const all = lanesOf(url);
    if (all.length === 1 || all.some(({ pausedUntilMs }) => pausedUntilMs <= nowMs)) return [];
    return all.map(({ target, reason }) => ({ url: target.url, reason: reason ?? silent }));
  };
  const drawWait = (count: number): number => drawBackoff(random, backoffMs, count);

  return {
    lanes,
    room,
    retries,
    mute,
    closing: closing.signal,
    rates: createRates(limits, startMs),
    get refusal() {
      return refusal;
    },
    get lostRounds() {
      return asked.reduce((fewest, lane) => Math.min(fewest, lane.lostRounds), Number.POSITIVE_INFINITY);
    },
    get answeredMs() {
      return answeredMs;
    },
    drawWait,
    listResting,
    check(signal) {
      if (signal.aborted) throw signal.reason;
      if (closing.signal.aborted) throw closing.signal.reason;
      if (refusal) throw refusal;
    },
    leaveOut(urls) {
      const others = lanes.filter(({ target }) => !urls.includes(target.url));
      asked = others.length === 0 ? lanes : others;
      // Who waits there may go elsewhere, and who waits elsewhere may go there.
      for (const lane of lanes) if (!asked.includes(lane)) lane.turns.dissolve();
      for (const lane of asked) fillUp(lane);
      room.open();
    },
    isLeftOut: (lane) => !asked.includes(lane),
    find(nowMs, url, last) {
      let best: Lane | undefined;
      let least = Number.POSITIVE_INFINITY;
      for (const lane of lanesOf(url)) {
        if (lane.pausedUntilMs > nowMs) continue;
        const load = lane === last ? Number.MAX_VALUE : (lane.turns.activeCount + lane.turns.waitingCount) / lane.size;
        if (load < least) [best, least] = [lane, load];
      }
      return best;
    },
    restUntil(nowMs, url) {
      const { pausedUntilMs, askedUntilMs, reason, target } = lanesOf(url).reduce((first, lane) =>
        lane.pausedUntilMs < first.pausedUntilMs ? lane : first,
      );
      const waitedMs = nowMs - (silentSinceMs ?? nowMs);
      if (silentSinceMs === undefined || waitedMs + pausedUntilMs - nowMs <= limits.waitMs) return pausedUntilMs;
      const place = { endpoint: name, url: target.url };
      throw createSilenceError(place, {
        reason: reason ?? silent,
        all: listResting(nowMs, url),
        waitedMs,
        aheadMs: askedUntilMs - nowMs,
        waitMs: limits.waitMs,
      });
    },
    note(lane, sentMs, outcome) {
      const nowMs = time.monotonic();
      const isLate = outcome.kind === "lost" && isAboutTime(outcome.cause);
      if (isLate) mute.add(sentMs, nowMs);
      else mute.end();
      if (outcome.kind === "answered" || outcome.kind === "refused") {
        silentSinceMs = undefined;
        answeredMs = nowMs;
        lane.answer(nowMs, nowMs - sentMs);
        return undefined;
      }
      const sending = { sentMs, nowMs, reason: outcome.reason };
      if (outcome.kind === "denied" || outcome.kind === "unpaid") {
        refusal ??= createRefusalError({ endpoint: name, url: lane.target.url }, outcome);
        for (const each of lanes) each.turns.dissolve();
        room.open();
        return undefined;
      }
      if (outcome.kind === "lost") {
        lane.lose(sending, isLate);
        if (!retries.take()) for (const each of lanes) each.pause(nowMs + drawWait(1), "too many lost answers");
        return undefined;
      }
      silentSinceMs ??= nowMs;
      if (outcome.kind === "unreachable") lane.miss(sending);
      else if (lane.turnAway(sending, outcome.retryAfterMs)) {
        const { reason, retryAfterMs } = outcome;
        return rests?.write(lane.target.url, { restMs: retryAfterMs ?? 0, reason });
      }
      return undefined;
    },
    close() {
      closing.abort(new CancelledError("the endpoint is closed"));
      for (const lane of lanes) lane.turns.dissolve();
      room.open();
    },
  };
}

/** When a server may be asked again that was to be left alone by another process, and why. */
function findRest(rest: Rest | null | undefined, nowMs: number): LaneOptions["rest"] {
  return rest ? { untilMs: nowMs + rest.restMs, reason: rest.reason } : null;
}

/** Room for one more below the endpoint's limit, or a place of a server that has two more than this one. */
function findPlace(lanes: readonly Lane[], lane: Lane, concurrency: number): boolean {
  let total = 0;
  let largest = lane;
  for (const each of lanes) {
    total += each.size;
    if (each.size > largest.size) largest = each;
  }
  if (total < concurrency) return true;
  if (largest.size < lane.size + 2) return false;
  largest.yieldPlace();
  return true;
}
