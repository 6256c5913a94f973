// What is said when an endpoint is given up for now. Nothing of the run is lost by any of these: a resume asks again.

import { ProviderError } from "../../errors.ts";

export interface Place {
  readonly endpoint: string;
  readonly url: string;
}

const where = ({ endpoint, url }: Place): string => `endpoint ${endpoint}, ${url}`;
const seconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`;

/** It has turned everything away for so long, or asks for more patience than is allowed. */
export function createSilenceError(
  place: Place,
  {
    reason,
    waitedMs,
    aheadMs,
    waitMs,
  }: Readonly<Record<"waitedMs" | "aheadMs" | "waitMs", number>> & { reason: string },
): ProviderError {
  const what =
    aheadMs > waitMs
      ? `${reason}: it asks to be left alone for ${seconds(aheadMs)}, and limits.waitMs is ${seconds(waitMs)}`
      : `${reason}: waited for ${seconds(waitedMs)}, and limits.waitMs is ${seconds(waitMs)}`;
  return new ProviderError(what, {
    where: where(place),
    next: "resume the run when it answers again, or raise limits.waitMs",
  });
}

/** It answers others and has never answered this one. */
export function createUnansweredError(
  place: Place,
  { key, tries, reason }: { readonly key: string; readonly tries: number; readonly reason: string },
): ProviderError {
  return new ProviderError(`request ${key} had no whole answer in ${tries} sendings: ${reason}`, {
    where: where(place),
    next: "resume the run to ask again, with a longer limits.totalMs where answers take longer",
  });
}

/** Nothing like what was asked will be answered: no key, no model, no money. */
export function createRefusalError(
  place: Place,
  { reason, next }: { readonly reason: string; readonly next: string },
): ProviderError {
  return new ProviderError(reason, { where: where(place), next });
}
