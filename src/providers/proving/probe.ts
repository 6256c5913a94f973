// Finds out what an endpoint is, in at most ten requests: what it lists, what it writes, what it heeds, and whether what
// it tells of given texts can be relied on.

import type { Context } from "../../domain/context.ts";
import type { Model } from "../../domain/ports.ts";
import { ProviderError } from "../../errors.ts";
import type { EndpointSettings } from "../endpoint.ts";
import { probeAbilities, unknownAbilities } from "./abilities.ts";
import type { Evidence, Fingerprint, ListedModel } from "./evidence.ts";
import { findChange } from "./fingerprint.ts";
import { checkName, createTextlessError, readModels } from "./models.ts";
import { createProber, everyUse, mostRequests, type ProbeParts, type Prober, type Uses } from "./prober.ts";
import { type CanaryFindings, type ProofTask, proveGiven } from "./proof.ts";
import { tryQuestion } from "./verdicts.ts";

/**
 * Probes, proves and fingerprints, as far as that is of use; `before` is what a fingerprint is to be held against. Throws
 * ProviderError where it does not serve the model, or does not answer. Of several servers those that are away are left out
 * where that is allowed; where all of them are, the first to come is waited for.
 */
export async function probeEndpoint(
  parts: ProbeParts & { readonly before?: Fingerprint | undefined },
  model: Model,
  context: Context,
): Promise<Evidence> {
  const { settings, leaveOut, before, uses = everyUse } = parts;
  const task = createTask(uses, before);
  const count = Math.max(1, settings.urls.length);
  const mayBeAway = leaveOut !== undefined && count > 1;
  for (;;) {
    const away: number[] = [];
    let evidence: Evidence | undefined;
    let requestCount = 0;
    const names = new Set<string>();
    for (let server = 0; server < count; server++) {
      const prober = createProber({ ...parts, server }, model, context);
      const found = await readServer(prober, { ...task, mayBeAway });
      if (found === null) away.push(server);
      else if (evidence) checkTwin(evidence, found, { settings, server });
      else evidence = await readFirst(prober, found, { ...task, ...uses });
      requestCount += mostRequests - prober.left();
      for (const name of prober.names) names.add(name);
    }
    leaveOut?.(away);
    if (evidence) {
      const fingerprint = keepOwn(settings, evidence.fingerprint);
      const answered = settings.model !== null && names.size > 0;
      return { ...evidence, ...(answered && { names: [...names].sort() }), requestCount, fingerprint };
    }
    await createProber({ ...parts, server: "any" }, model, context).ask({ name: "any-server", path: "/models" });
  }
}

/** Proves servers that were away, by what is known of the others; resolves with those that still are. */
export async function probeAway(
  parts: ProbeParts,
  { model, evidence, away }: { readonly model: Model; readonly evidence: Evidence; readonly away: readonly number[] },
  context: Context,
): Promise<readonly number[]> {
  const still: number[] = [];
  const task = createTask(parts.uses ?? everyUse, evidence.fingerprint);
  for (const server of away) {
    const prober = createProber({ ...parts, server }, model, context);
    const found = await readServer(prober, { ...task, mayBeAway: true });
    if (found === null) still.push(server);
    else checkTwin(evidence, found, { settings: parts.settings, server });
  }
  return still;
}

/**
 * Canaries come by the route by which those came that they are held against, though the experiment may ask for something
 * else by now. A judge is found out by what it answers, where that does not show in its draws.
 */
function createTask({ isSampled, isJudge, isScored }: Uses, before: Fingerprint | undefined): ProofTask {
  const isPlain = before?.kind === "canaries" ? before.isPlain === true : !isScored || (isJudge && !isSampled);
  return { isPlain, isProved: isScored || !isPlain };
}

/** What is found of one server and held to be true of all. */
async function readFirst(
  prober: Prober,
  found: ServerFindings,
  { isSampled, draws, question, isPlain }: Pick<Uses, "isSampled" | "draws" | "question"> & Pick<ProofTask, "isPlain">,
): Promise<Evidence> {
  const { listed, canaries, completions, dialect, given } = found;
  const verdict = question && (await tryQuestion(prober, question));
  const abilities = isSampled
    ? await probeAbilities(prober, { completions, dialect, draws })
    : { ...unknownAbilities, completions };
  const fingerprint: Fingerprint = { kind: "canaries", canaries, ...(isPlain && { isPlain }) };
  const { model, hasFinish } = prober;
  const told = { listed, abilities, given, hasFinish: hasFinish(), ...(verdict && { verdict }) };
  return { version: 1, model, ...told, fingerprint, requestCount: 0 };
}

/** Models of the run's own are told by their digests, whatever they write. */
function keepOwn({ model }: EndpointSettings, fingerprint: Fingerprint): Fingerprint {
  return model === null ? { kind: "digests" } : fingerprint;
}

interface ServerFindings extends CanaryFindings {
  readonly listed: readonly ListedModel[] | null;
}

/** null where nobody listens there, and it is not to be waited for. */
async function readServer(
  prober: Prober,
  { mayBeAway, ...task }: ProofTask & { readonly mayBeAway: boolean },
): Promise<ServerFindings | null> {
  const reply = await prober.ask({ name: "models", path: "/models", mayBeAway });
  if (reply.kind === "untold" && reply.isAway) return null;
  const listed = reply.kind === "told" ? readModels(reply.value) : null;
  await checkName(prober, listed);
  const found = await proveGiven(prober, listed, task);
  if (found.canaries.length === 0) throw createTextlessError(prober, listed);
  return { ...found, listed };
}

/** Requests go to whichever server has room: all of them have to be the first one's like. */
function checkTwin(
  first: Evidence,
  other: ServerFindings,
  { settings, server }: { readonly settings: EndpointSettings; readonly server: number },
): void {
  const unlike = findUnlike(first, other);
  if (unlike === null) return;
  throw new ProviderError(`the server ${settings.urls[server]} ${unlike}`, {
    where: `endpoint ${settings.name}`,
    next: unlikeAdvice,
  });
}

/** What sets a server apart from the first one; null where it is like that. */
export function findUnlike(
  { fingerprint, given }: Pick<Evidence, "fingerprint" | "given">,
  other: Pick<CanaryFindings, "canaries" | "given">,
): string | null {
  const change = fingerprint.kind === "canaries" ? findChange(fingerprint.canaries, other.canaries) : null;
  if (change !== null)
    return `serves another model than the first: it ${change}`.replace("than before", "than that one");
  const isLacking = given.kind === "proved" && other.given.kind === "refused";
  return isLacking ? `scores no given texts: ${other.given.reason}`.replace("than before", "than that one") : null;
}

export const unlikeAdvice = "serve the same model there, or leave that server out of url";

export async function askModels(prober: Prober): Promise<readonly ListedModel[] | null> {
  const reply = await prober.ask({ name: "models", path: "/models" });
  return reply.kind === "told" ? readModels(reply.value) : null;
}
