// Requests to a hub: tried again as the hub asks and never sooner, redirected by our own rules, each with a limit on how
// long it may say nothing. The token goes to the hub's own origin alone. It knows no data set.

import { setTimeout as delay } from "node:timers/promises";
import { DatasetError, type ErrorDetails, ProviderError, UsageError } from "../../errors.ts";
import { parseRetryAfter } from "../../text/input/retry-after.ts";
import { isLoopback } from "../../text/network/host-range.ts";
import { leadsInside } from "./hosts.ts";

export interface HubAccess {
  /** The hub's address, without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970, for a Retry-After that is a date. */
  readonly now: () => number;
  readonly limits?: Partial<WebLimits>;
  /** The addresses of a name; by the system's own look-up unless given. */
  readonly lookUp?: (hostname: string) => Promise<readonly string[]>;
  /** Told why the next try waits, and for how long; by default nobody is. */
  readonly tellWait?: (why: string, milliseconds: number) => void;
  /** Waits; by default in real time. */
  readonly pause?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export interface WebLimits {
  /** Until the first byte of an answer. */
  readonly answerMs: number;
  /** Between two pieces of a body. */
  readonly idleMs: number;
  /** Tries without a byte gained, the first included. */
  readonly tries: number;
  /** Before the second try where the hub names no time; doubled at every further one. */
  readonly pauseMs: number;
}

export const defaultLimits: WebLimits = { answerMs: 30_000, idleMs: 30_000, tries: 6, pauseMs: 1000 };

export interface HubWeb {
  readonly endpoint: string;
  readonly hasToken: boolean;
  readonly limits: WebLimits;
  /** An answer that is a success, its body not yet read. Throws DatasetError for a refusal, ProviderError where none comes. */
  request(address: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** Waits before a further try. */
  pause(milliseconds: number): Promise<void>;
}

/** A definite refusal, with the status it came with. */
export class HubRefusal extends DatasetError {
  readonly status: number;

  constructor(status: number, what: string, details: ErrorDetails) {
    super(what, details);
    this.status = status;
  }
}

/** Longer than this is no pause but an absence: whoever waits should be told. */
const longestPauseMs = 15 * 60_000;
const mostRedirects = 5;

/** Throws UsageError for an address that no token may be sent to. */
export function createHubWeb(access: HubAccess): HubWeb {
  const limits = { ...defaultLimits, ...access.limits };
  const base = parseEndpoint(access.endpoint, access.token !== undefined);
  const wait = access.pause ?? ((milliseconds, signal) => delay(milliseconds, undefined, { signal }));
  const pause = (milliseconds: number): Promise<void> => wait(milliseconds, access.signal);
  return {
    endpoint: access.endpoint,
    hasToken: access.token !== undefined,
    limits,
    pause,
    async request(address, headers = {}) {
      for (let tried = 1; ; tried++) {
        const outcome = await ask(address, { access, base, headers, limits });
        if (outcome instanceof Response && outcome.ok) return outcome;
        const pauseMs = readWait(outcome, { now: access.now(), planned: limits.pauseMs * 2 ** (tried - 1) });
        if (pauseMs === undefined) throw await createRefusal(outcome as Response, access.token !== undefined);
        if (outcome instanceof Response) await outcome.body?.cancel();
        if (pauseMs > longestPauseMs) throw createSilence(base, `asks to wait ${Math.ceil(pauseMs / 1000)} s`, outcome);
        if (tried >= limits.tries) throw createSilence(base, renderOutcome(outcome), outcome);
        access.tellWait?.(`${base.origin} ${renderOutcome(outcome)}`, pauseMs);
        await pause(pauseMs);
      }
    },
  };
}

function parseEndpoint(text: string, hasToken: boolean): URL {
  const fail = (what: string, next: string): never => {
    throw new UsageError(`HF_ENDPOINT ${what}`, { next });
  };
  if (!URL.canParse(text)) return fail("is no address", "write it as https://huggingface.co");
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:")
    return fail("is no address of the web", "begin it with https://");
  if (url.username !== "" || url.password !== "")
    return fail("holds a password", "take it out; a token goes into HF_TOKEN");
  if (url.protocol === "http:" && hasToken && !isLoopback(url.hostname)) {
    return fail("is not encrypted, and HF_TOKEN would be sent to it", "begin it with https://, or unset HF_TOKEN");
  }
  return url;
}

interface Asked {
  readonly access: HubAccess;
  readonly base: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly limits: WebLimits;
}

/** One try: an answer that is no redirect, or the error that came instead. */
async function ask(address: string, { access, base, headers, limits }: Asked): Promise<Response | Error> {
  const { fetch, token, signal } = access;
  let url = new URL(address, base);
  for (let hop = 0; hop <= mostRedirects; hop++) {
    const isHome = url.origin === base.origin;
    const sent = { ...headers, ...(isHome && token !== undefined ? { authorization: `Bearer ${token}` } : {}) };
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new Error("no answer in time")), limits.answerMs);
    try {
      const init = { headers: sent, redirect: "manual", signal: AbortSignal.any([signal, limit.signal]) } as const;
      const answer = await fetch(url.href, init);
      const location = answer.headers.get("location");
      if (answer.status < 300 || answer.status >= 400 || location === null) return answer;
      await answer.body?.cancel();
      url = await follow(location, { from: url, base, lookUp: access.lookUp });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DatasetError) throw error;
      return limit.signal.aborted ? (limit.signal.reason as Error) : (error as Error);
    } finally {
      clearTimeout(timer);
    }
  }
  throw new DatasetError(`sends from one address to another more than ${mostRedirects} times`, { where: base.origin });
}

interface Way {
  readonly from: URL;
  readonly base: URL;
  readonly lookUp: HubAccess["lookUp"];
}

/** Where a redirect leads; a hub out in the world may not send us to this machine or its network. */
async function follow(location: string, { from, base, lookUp }: Way): Promise<URL> {
  const refuse = (what: string): never => {
    throw new DatasetError(what, { where: base.origin, next: "check HF_ENDPOINT" });
  };
  if (!URL.canParse(location, from.href)) return refuse("redirects to what is no address");
  const to = new URL(location, from.href);
  if (to.protocol !== "https:" && to.protocol !== "http:") return refuse(`redirects to ${to.protocol}`);
  if (to.protocol === "http:" && from.protocol === "https:")
    return refuse("redirects to an address that is not encrypted");
  if (to.host === base.host) return to;
  if ((await leadsInside(to.hostname, lookUp)) && !(await leadsInside(base.hostname, lookUp)))
    return refuse(`redirects to ${to.hostname}, inside this network`);
  return to;
}

/** How long to wait before the next try; undefined where another try would be answered the same. */
function readWait(
  outcome: Response | Error,
  { now, planned }: { readonly now: number; readonly planned: number },
): number | undefined {
  if (!(outcome instanceof Response)) return planned;
  if (outcome.status !== 429 && outcome.status !== 408 && outcome.status < 500) return undefined;
  return Math.max(planned, readRetryAfter(outcome.headers, now));
}

/** As any server says it (RFC 9110, 10.2.3); else the hub's own `ratelimit: "api";r=0;t=12`. */
function readRetryAfter(headers: Headers, now: number): number {
  const asked = parseRetryAfter(Object.fromEntries(headers), now);
  if (asked !== null) return asked;
  const seconds = /;\s*t=(\d+)/.exec(headers.get("ratelimit") ?? "")?.[1];
  return seconds === undefined ? 0 : Number(seconds) * 1000;
}

function renderOutcome(outcome: Response | Error): string {
  if (outcome instanceof Response) return outcome.status === 429 ? "asks us to slow down" : `answers ${outcome.status}`;
  const { code } = (outcome.cause ?? outcome) as NodeJS.ErrnoException;
  return `cannot be reached: ${code ?? outcome.message}`;
}

function createSilence({ origin }: URL, what: string, outcome: Response | Error): ProviderError {
  return new ProviderError(what, {
    where: origin,
    next: "try again later: what has arrived is kept, and nothing of it is fetched again",
    ...(outcome instanceof Response ? {} : { cause: outcome }),
  });
}

/** A refusal in our words, by the code the hub gives it; its own text is not repeated. */
async function createRefusal(answer: Response, hasToken: boolean): Promise<HubRefusal> {
  await answer.body?.cancel();
  const code = answer.headers.get("x-error-code");
  const path = new URL(answer.url || "http://unknown/").pathname;
  const where = /^\/(?:api\/)?datasets\/([^/]+\/[^/]+)/.exec(path)?.[1] ?? path;
  const refuse = (what: string, next: string): HubRefusal =>
    new HubRefusal(answer.status, what, { where: `hub:${where}`, next });
  if (code === "GatedRepo") {
    const next = hasToken
      ? "ask for access on the data set's page, with the account that HF_TOKEN is of"
      : "agree to its terms on the data set's page, then put a token of that account into HF_TOKEN";
    return refuse("is gated: its owner decides who may read it", next);
  }
  if (code === "RevisionNotFound")
    return refuse("has no such revision", "name a branch, a tag or a commit, or leave --revision out");
  if (code === "EntryNotFound") return refuse("has no such file any more", "pull it again, at another revision");
  if (code === "RepoNotFound" || answer.status === 404) {
    const next = hasToken ? "a token of an account that may read it" : "HF_TOKEN";
    return refuse("there is no such data set, or it is private", `check the name; a private one needs ${next}`);
  }
  if (answer.status === 401) {
    return hasToken
      ? refuse("HF_TOKEN is refused", "make a new token, and put it into HF_TOKEN")
      : refuse("asks who is there", "put a token into HF_TOKEN");
  }
  return refuse(`is refused with status ${answer.status}`, "check HF_ENDPOINT and HF_TOKEN");
}
