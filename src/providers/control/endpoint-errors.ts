// What is said when an endpoint is given up for now. Nothing of the run is lost by any of these: a resume asks again.

import { ProviderError } from "../../errors.ts";
import type { LostCause, Outcome } from "../exchange.ts";

type Lost = Extract<Outcome<never>, { readonly kind: "lost" }>;

export interface Place {
  readonly endpoint: string;
  readonly url: string;
}

const where = ({ endpoint, url }: Place): string => `endpoint ${endpoint}, ${url}`;
const seconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`;

/** A server that rests, and why. */
export interface Resting {
  readonly url: string;
  readonly reason: string;
}

interface Silence extends Readonly<Record<"waitedMs" | "aheadMs" | "waitMs", number>> {
  readonly reason: string;
  /** All that could have been asked, where those are several and all of them rest. */
  readonly all: readonly Resting[];
}

/** It has turned everything away for so long, or asks for more patience than is allowed. */
export function createSilenceError(place: Place, { reason, all, waitedMs, aheadMs, waitMs }: Silence): ProviderError {
  const [isAhead, isOne] = [aheadMs > waitMs, all.length === 0];
  const told = isOne ? reason : all.map((each) => `${each.url}: ${each.reason}`).join("; ");
  const who = isOne ? "it asks" : `${place.url} asks`;
  const said = isAhead ? `${told}: ${who} to be left alone for ${seconds(aheadMs)}` : told;
  const waited = isAhead ? "" : `: waited for ${seconds(waitedMs)}`;
  return new ProviderError(`${said}${waited}, and limits.waitMs is ${seconds(waitMs)}`, {
    where: isOne ? where(place) : `endpoint ${place.endpoint}`,
    next: `resume the run when ${isOne ? "it" : "one of them"} answers again, or raise limits.waitMs`,
    cause: { silence: said },
  });
}

/** What a server said, or that nobody was there, where it was waited for in vain; null of any other error. */
export function readSilence({ cause }: ProviderError): string | null {
  return (cause as { readonly silence?: string } | undefined)?.silence ?? null;
}

/** It answers others and has never answered this one. */
export function createUnansweredError(
  place: Place,
  { key, tries, outcome }: { readonly key: string; readonly tries: number; readonly outcome: Lost },
): ProviderError {
  const { reason, cause } = outcome;
  return new ProviderError(
    `request ${key} had no whole answer in ${tries === 1 ? "1 sending" : `${tries} sendings`}: ${reason}`,
    {
      where: where(place),
      next: adviseLost(place.endpoint, cause),
      cause: outcome,
    },
  );
}

/** It takes whatever it is sent, and nothing comes back in time: of no request, for so long. */
export function createMuteError(
  place: Place,
  { longMs, waitMs, outcome }: { readonly longMs: number; readonly waitMs: number; readonly outcome: Lost },
): ProviderError {
  const { reason, cause } = outcome;
  const what = `${reason}: nothing was answered for ${seconds(longMs)}, and limits.waitMs is ${seconds(waitMs)}`;
  return new ProviderError(what, { where: where(place), next: adviseLost(place.endpoint, cause), cause: outcome });
}

/** Whatever it is sent is lost: of no request, so many times in a row, does a whole answer come back. */
export function createVainError(
  place: Place,
  { rounds, outcome }: { readonly rounds: number; readonly outcome: Lost },
): ProviderError {
  const { reason, cause } = outcome;
  const what = `${reason}: nothing that was sent had a whole answer, ${rounds} times in a row`;
  return new ProviderError(what, { where: where(place), next: adviseLost(place.endpoint, cause), cause: outcome });
}

/** True where an answer was not waited for any longer. */
export function isAboutTime(cause: LostCause | undefined): boolean {
  return cause === "firstByteMs" || cause === "idleMs" || cause === "totalMs";
}

/** True where the server was given up because no answer began in time. */
export function isUnanswered({ cause }: ProviderError): boolean {
  return (cause as Partial<Lost> | undefined)?.cause === "firstByteMs";
}

/** Only what is about time speaks of time: a longer wait for an answer that is none costs money and mends nothing. */
function adviseLost(endpoint: string, cause: LostCause | undefined): string {
  switch (cause) {
    case "firstByteMs":
    case "idleMs":
    case "totalMs":
      return `resume the run to ask again; where answers take longer, raise endpoints.${endpoint}.limits.${cause} and run it again`;
    case "answerBytes":
      return `raise endpoints.${endpoint}.limits.answerBytes and run it again`;
    case "finish":
      return adviseFinish(endpoint);
    case "page":
      return `check endpoints.${endpoint}.url: it is the API's base address, which often ends in /v1; if it is right, resume the run to ask again`;
    case "draws":
      return `set endpoints.${endpoint}.draws: single, which asks for each draw by itself, and run it again`;
    case "broken":
      return "resume the run to ask again; where the connection always breaks, look at the server's log, and at any proxy before it";
    case undefined:
      return "resume the run to ask again; where it is always so, look at the server's log";
  }
}

/** What to do about a server that does not say why its texts end. */
export function adviseFinish(endpoint: string): string {
  return `set endpoints.${endpoint}.finish: optional, which is for servers that are known to leave it out`;
}

/** Nothing like what was asked will be answered: no key, no model, no money. */
export function createRefusalError(
  place: Place,
  { reason, next }: { readonly reason: string; readonly next: string },
): ProviderError {
  return new ProviderError(reason, { where: where(place), next });
}
