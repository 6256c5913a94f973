// Finds out what an endpoint is, in at most ten requests: what it lists, what it writes, what it heeds, and whether what
// it tells of given texts can be relied on.

import type { Context } from "../../domain/context.ts";
import type { Model } from "../../domain/ports.ts";
import { ProviderError } from "../../errors.ts";
import type { EndpointSettings } from "../endpoint.ts";
import { createLimit, finish } from "../openai/body.ts";
import { routeOf } from "../openai/talk.ts";
import { probeAbilities } from "./abilities.ts";
import type { Evidence, Fingerprint, ListedModel } from "./evidence.ts";
import { findChange } from "./fingerprint.ts";
import { hasModel, readModels } from "./models.ts";
import { createProber, mostRequests, type ProbeParts, type Prober } from "./prober.ts";
import { type CanaryFindings, proveGiven } from "./proof.ts";

/** Probes, proves and fingerprints. Throws ProviderError where it does not serve the model, or does not answer. */
export async function probeEndpoint(parts: ProbeParts, model: Model, context: Context): Promise<Evidence> {
  const { settings } = parts;
  const prober = createProber(parts, model, context);
  const { listed, canaries, completions, dialect, given } = await readServer(prober);
  const abilities = await probeAbilities(prober, { completions, dialect });
  let requestCount = mostRequests - prober.left();
  for (let server = 1; server < settings.urls.length; server++) {
    const other = createProber({ ...parts, server }, model, context);
    checkTwin({ canaries, given }, await readServer(other), { settings, server });
    requestCount += mostRequests - other.left();
  }
  const fingerprint: Fingerprint = settings.model === null ? { kind: "digests" } : { kind: "canaries", canaries };
  const found = { listed, abilities, given, hasFinish: prober.hasFinish(), fingerprint, requestCount };
  return { version: 1, model: prober.model, ...found };
}

interface ServerFindings extends CanaryFindings {
  readonly listed: readonly ListedModel[] | null;
}

async function readServer(prober: Prober): Promise<ServerFindings> {
  const listed = await askModels(prober);
  await checkName(prober, listed);
  const found = await proveGiven(prober, listed);
  if (found.canaries.length === 0) throw createMuteError(prober);
  return { ...found, listed };
}

/** Requests go to whichever server has room: all of them have to be the first one's like. */
function checkTwin(
  first: Pick<ServerFindings, "canaries" | "given">,
  other: ServerFindings,
  { settings, server }: { readonly settings: EndpointSettings; readonly server: number },
): void {
  const change = findChange(first.canaries, other.canaries);
  const lack = first.given.kind === "proved" && other.given.kind === "refused" ? other.given.reason : null;
  if (change === null && lack === null) return;
  const told = change === null ? `scores no given texts: ${lack}` : `serves another model than the first: it ${change}`;
  throw new ProviderError(`the server ${settings.urls[server]} ${told.replace("than before", "than that one")}`, {
    where: `endpoint ${settings.name}`,
    next: "serve the same model there, or leave that server out of url",
  });
}

export async function askModels(prober: Prober): Promise<readonly ListedModel[] | null> {
  const reply = await prober.ask({ name: "models", path: "/models" });
  return reply.kind === "told" ? readModels(reply.value) : null;
}

/**
 * A server whose list does not hold the name may serve it all the same, and a server may answer by any name with the one
 * model it has. Whoever answers by a name that nobody has is of the second kind.
 */
async function checkName({ settings, model, ask }: Prober, listed: readonly ListedModel[] | null): Promise<void> {
  if (listed === null || listed.length === 0 || hasModel(listed, model)) return;
  const name = "refeed-names-no-model";
  const asked = settings.ask === "chat" ? { messages: [{ role: "user", content: "One" }] } : { prompt: "One" };
  const body = finish(settings, { model: name, ...asked, ...createLimit(settings, 1) });
  const reply = await ask({ name: "any-name", path: routeOf(settings), body, tokenCount: 1 });
  if (reply.kind === "untold") return;
  const ids = listed.slice(0, 5).map(({ id }) => id);
  const more = listed.length > ids.length ? ` and ${listed.length - ids.length} more` : "";
  throw new ProviderError(
    `it serves ${ids.join(", ")}${more}, not ${model}, and answers by whatever name it is asked`,
    { where: `endpoint ${settings.name}`, next: `set model to what it serves: model: ${ids[0]}` },
  );
}

/** Not one text came back: what it said of the last request tells why. */
function createMuteError({ settings, model, untold }: Prober): ProviderError {
  const { reason, next } = untold.at(-1) ?? { reason: "its answers hold no text", next: undefined };
  const advice = next ?? "check the endpoint's url, model and ask";
  return new ProviderError(`it writes nothing as ${model}: ${reason}`, {
    where: `endpoint ${settings.name}`,
    next: advice,
  });
}
