// One address of an endpoint as doctor looks at it, over a connection of its own: what is served there is found out whatever
// becomes of the others, and held against the first of them that answered.

import { type Context, noLedger } from "../domain/context.ts";
import type { Model } from "../domain/ports.ts";
import { ProviderError, RefeedError } from "../errors.ts";
import type { DeclaredEndpoint } from "../experiment/schema/endpoints.ts";
import type { Connection } from "../providers/connection.ts";
import type { EndpointSettings } from "../providers/endpoint.ts";
import type { Evidence, ListedModel } from "../providers/proving/evidence.ts";
import { everyUse, type Uses } from "../providers/proving/proof-cost.ts";
import { createOk, createProblem, type Finding, type Trouble } from "../store/inspection/finding.ts";
import { describeLack, findLabel, labelAdvice } from "../verifiers/reward.ts";
import { tellAsking } from "./asking.ts";
import { listEndpointFindings, type Needs, renderMedian } from "./endpoint-findings.ts";
import type { Environment } from "./environment.ts";
import { measurePace } from "./pace.ts";

/** What is looked for, at whichever address. */
export interface Looking {
  /** As it is declared, and as doctor asks it. */
  readonly declared: DeclaredEndpoint;
  readonly settings: EndpointSettings;
  readonly secret: string | null;
  readonly uses: Uses;
  readonly needs: Needs;
}

export interface AddressLook {
  /** All that was found; where it did not answer, what was found before that. */
  readonly findings: readonly Finding[];
  /** What is served there and how quickly; null where it is of no use. */
  readonly served: string | null;
  /** Why it is of no use. */
  readonly trouble: Trouble | null;
  readonly model: Model | null;
  readonly evidence: Evidence | null;
}

/**
 * `first` is what was found where an address of the same endpoint answered before: of this one no more is found out than
 * that it is the same.
 */
export async function lookAtAddress(
  url: string,
  looking: Looking,
  { first, environment }: { readonly first: AddressLook | undefined; readonly environment: Environment },
): Promise<AddressLook> {
  const settings = { ...looking.settings, urls: [url] };
  const { openConnection } = await import("../providers/connection.ts");
  const connection = openConnection(settings, { secret: looking.secret, clock: environment.clock });
  const tellEnd = tellAsking(
    { name: settings.name, urls: [url], patienceMs: settings.limits.firstByteMs },
    environment,
  );
  const findings: Finding[] = [];
  const parts = { ...looking, settings, connection, environment, findings };
  try {
    return { findings, trouble: null, ...(await (looking.uses.labels ? classify(parts) : probe(parts, first))) };
  } catch (error) {
    if (!(error instanceof RefeedError) || environment.signal.aborted) throw error;
    const trouble = { ...(await explain(error, looking)), where: error.where ?? url };
    return { findings, served: null, trouble, model: null, evidence: null };
  } finally {
    tellEnd();
    await connection.close();
  }
}

interface Parts extends Looking {
  readonly connection: Connection;
  readonly environment: Environment;
  readonly findings: Finding[];
}

type Found = Pick<AddressLook, "served" | "model" | "evidence">;

async function probe(parts: Parts, first: AddressLook | undefined): Promise<Found> {
  const { settings, connection, environment, uses, needs, findings } = parts;
  const { createSendJson } = await import("../providers/given/send.ts");
  const { probeEndpoint } = await import("../providers/proving/probe.ts");
  const { send, pace } = measurePace(createSendJson(connection), settings, environment);
  const { question, draws } = uses;
  // What it heeds is found out of the first alone, as a run does, and all have to be like that by the same canaries.
  const alike = { isSampled: false, isJudge: false, isScored: true };
  const wanted = first ? alike : { ...everyUse, ...(question && { question }), ...(draws && { draws }) };
  const probing = { settings, controller: connection.controller, send, uses: wanted };
  const context = createContext(environment);
  let model: Model = first?.model ?? { lineage: settings.model ?? "", file: "", digest: "" };
  if (settings.model === null) model = await findOwn({ ...parts, probing, first }, context);
  const evidence = await probeEndpoint(probing, model, context);
  findings.push(createOk("reachable", settings.urls.join(", ")));
  if (first?.evidence) await checkLike(first.evidence, evidence, settings);
  else findings.push(...listEndpointFindings({ evidence, pace, needs }, settings));
  return { served: `${describeServed(evidence, settings)}; ${renderMedian(pace)}`, model, evidence };
}

/** One of the run's own models: whichever is listed first, and then the same everywhere. */
async function findOwn(
  {
    probing,
    first,
    settings,
    findings,
  }: Parts & { readonly probing: ProbeParts; readonly first: AddressLook | undefined },
  context: Context,
): Promise<Model> {
  const { askModels } = await import("../providers/proving/probe.ts");
  const { createProber } = await import("../providers/proving/prober.ts");
  const { checkListed } = await import("../providers/proving/listing.ts");
  const known = first?.model ?? { lineage: "", file: "", digest: "" };
  const listed = await askModels(createProber(probing, known, context));
  const [entry] = listed ?? [];
  const where = settings.urls.join(", ");
  if (entry === undefined)
    throw new ProviderError("it lists no model", { where, next: "serve the run's folder: refeed serve <run>" });
  findings.push(createOk("models", describeLineages(listed ?? [])));
  if (known.digest !== "") checkListed(known, listed, where);
  return first?.model ?? { ...known, lineage: entry.lineage, digest: entry.digest ?? "" };
}

type ProbeParts = Parameters<typeof import("../providers/proving/probe.ts").probeEndpoint>[0];

/** Requests go to whichever has room: a run refuses servers that are not alike. */
async function checkLike(first: Evidence, evidence: Evidence, { name, urls }: EndpointSettings): Promise<void> {
  const { findUnlike, unlikeAdvice } = await import("../providers/proving/probe.ts");
  const { fingerprint, given } = evidence;
  const unlike = findUnlike(first, { canaries: fingerprint.kind === "canaries" ? fingerprint.canaries : [], given });
  if (unlike !== null)
    throw new ProviderError(`it ${unlike}`, { where: `endpoint ${name}, ${urls[0]}`, next: unlikeAdvice });
}

function describeServed({ listed, model }: Evidence, settings: EndpointSettings): string {
  if (settings.model === null) return describeLineages(listed ?? []);
  return listed === null ? model : `${model}, of ${listed.length} that it lists`;
}

function describeLineages(listed: readonly ListedModel[]): string {
  const proved = listed.filter(({ digest }) => digest !== null).length;
  return `${listed.length} listed, ${proved} of them with a digest`;
}

/** A classifier has one thing to show: that it classifies. */
async function classify({ settings, connection, environment, uses, findings }: Parts): Promise<Found> {
  const { tryClassifier } = await import("../providers/classifier/classifier.ts");
  const { controller, talk } = connection;
  const started = environment.clock.monotonic();
  const { scores, reason } = await tryClassifier({ ...talk, controller }, createContext(environment));
  const took = Number((environment.clock.monotonic() - started).toPrecision(3));
  findings.push(createOk("reachable", settings.urls.join(", ")));
  const names = Object.keys(scores ?? {}).join(", ");
  const lack = scores === null ? undefined : uses.labels?.find((label) => findLabel(scores, label) === undefined);
  if (scores === null) {
    findings.push(
      createProblem("labels", { what: `it labels nothing: ${reason}`, next: "check the endpoint's url and model" }),
    );
  } else if (lack === undefined) findings.push(createOk("labels", names));
  else findings.push(createProblem("labels", { what: `it ${describeLack(scores, lack)}`, next: labelAdvice }));
  findings.push(createOk("pace", `${took} ms for one text`));
  return { served: `labels ${names}; ${took} ms`, model: null, evidence: null };
}

/** What went wrong, as doctor tells it: who is away is not waited for here as a run would, and there is no run to go on with. */
async function explain(error: RefeedError, { declared, settings }: Looking): Promise<Trouble> {
  const { isUnanswered, readSilence } = await import("../providers/control/endpoint-errors.ts");
  const { firstByteMs } = settings.limits;
  const silence = error instanceof ProviderError ? readSilence(error) : null;
  if (silence !== null) return { what: silence, next: adviseAbsence(declared) };
  const isEarly = error instanceof ProviderError && isUnanswered(error) && firstByteMs < declared.limits.firstByteMs;
  const next = isEarly ? adviseSilence(firstByteMs, declared.limits) : (error.next ?? "check the endpoint's url");
  return { what: error.what, next };
}

function adviseAbsence({ name, limits, urls, model }: DeclaredEndpoint): string {
  const isSpare = urls.length > 1 && model !== null;
  const rest = isSpare
    ? "a run goes without it while another answers"
    : `a run waits ${limits.waitMs / 1000} s for it (limits.waitMs)`;
  return `see that it runs, has room, and is where endpoints.${name}.url says, and ask doctor again; ${rest}`;
}

function adviseSilence(patienceMs: number, { firstByteMs }: DeclaredEndpoint["limits"]): string {
  const [seconds, most] = [patienceMs / 1000, firstByteMs / 1000];
  return (
    `see in its log whether it still loads its model, and ask again; doctor waited ${seconds} s, a run waits ${most} s: ` +
    `--patience ${most} waits as long`
  );
}

function createContext({ signal, clock }: Environment): Context {
  return { key: "doctor", signal, clock, ledger: noLedger, progress: { report: () => undefined } };
}
