// Whether the servers of an endpoint list a model of this run's own: by its lineage, with the digest of its file. It asks for
// the list and for nothing else.

import type { Context } from "../../domain/context.ts";
import type { Model } from "../../domain/ports.ts";
import { ProviderError } from "../../errors.ts";
import { readSilence } from "../control/endpoint-errors.ts";
import type { ListedModel } from "./evidence.ts";
import { askModels } from "./probe.ts";
import { createProber, type ProbeParts } from "./prober.ts";

/**
 * Throws unless every server of it lists the very model. All are asked at once: those that are away are waited for together,
 * and told together; whatever else one of them says ends the wait for the others.
 */
export async function checkServed(parts: ProbeParts, model: Model, context: Context): Promise<void> {
  const { urls, name } = parts.settings;
  const stop = new AbortController();
  const within = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
  const silenceByServer: ProviderError[] = [];
  const checkOne = async (server: number): Promise<void> => {
    const where = urls.length > 1 ? `endpoint ${name}, ${urls[server]}` : `endpoint ${name}`;
    try {
      checkListed(model, await askModels(createProber({ ...parts, server }, model, within)), where);
    } catch (error) {
      if (error instanceof ProviderError && readSilence(error) !== null) silenceByServer[server] = error;
      else stop.abort(error);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, urls.length) }, (_, server) => checkOne(server)));
  stop.signal.throwIfAborted();
  // In the order of the list, without those that answered.
  const silences = silenceByServer.filter(Boolean);
  const [first] = silences;
  if (first !== undefined) throw silences.length === 1 ? first : joinSilences(silences, parts.settings);
}

function joinSilences(silences: readonly ProviderError[], { name, limits }: ProbeParts["settings"]): ProviderError {
  const told = silences.map((error) => `${error.where?.replace(`endpoint ${name}, `, "")}: ${readSilence(error)}`);
  return new ProviderError(`${told.join("; ")}: all were waited for, and limits.waitMs is ${limits.waitMs / 1000} s`, {
    where: `endpoint ${name}`,
    next: "resume the run when they answer again, or raise limits.waitMs",
    cause: silences[0],
  });
}

/** Throws unless a server lists the model. */
export function checkListed(model: Model, listed: readonly ListedModel[] | null, where: string): void {
  const entry = listed?.find(({ id, lineage }) => lineage === model.lineage || id === model.lineage);
  if (entry?.digest === model.digest) return;
  const lineage = shorten(model.lineage);
  if (entry) {
    const other =
      entry.digest === null ? "tells no digest of it" : `serves other parameters (${entry.digest.slice(0, 12)})`;
    throw new ProviderError(
      `the model of lineage ${lineage} has digest ${model.digest.slice(0, 12)}, and the server ${other} under that name`,
      { where, next: "serve this run's folder: refeed serve <run>" },
    );
  }
  throw new ProviderError(`it does not serve the model of lineage ${lineage}; it serves ${describeList(listed)}`, {
    where,
    next: "serve this run's folder: refeed serve <run>",
  });
}

function describeList(listed: readonly ListedModel[] | null): string {
  if (listed === null || listed.length === 0) return "nothing that it lists";
  const shown = listed.slice(0, 4).map(({ id }) => shorten(id));
  return shown.join(", ") + (listed.length > shown.length ? ` and ${listed.length - shown.length} more` : "");
}

export const shorten = (lineage: string): string => lineage.replace(/[0-9a-f]{20,}/, (digits) => digits.slice(0, 12));
