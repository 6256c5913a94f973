// The endpoints of an experiment as doctor looks at them: each is probed as a run would, outside of any run, and what the
// planned run will ask of all of them is told at the end. Nothing is kept; what is asked may cost a few hundred tokens.

import { type Context, noLedger } from "../domain/context.ts";
import type { Model } from "../domain/ports.ts";
import { ProviderError, RefeedError } from "../errors.ts";
import { renderOutside } from "../experiment/change/refusal.ts";
import type { LanguageExperiment } from "../experiment/experiment.ts";
import { computeUses } from "../experiment/hosted/uses.ts";
import { addCosts, readPlan } from "../experiment/plan.ts";
import type { PreparedExperiment } from "../experiment/prepare.ts";
import { type DeclaredEndpoint, resolvePrice } from "../experiment/schema/endpoints.ts";
import type { EndpointSettings } from "../providers/endpoint.ts";
import type { ListedModel } from "../providers/proving/evidence.ts";
import { everyUse, type Uses } from "../providers/proving/proof-cost.ts";
import { createOk, createProblem, type Finding } from "../store/inspection/finding.ts";
import { describeLack, findLabel, labelAdvice } from "../verifiers/reward.ts";
import { tellAsking } from "./asking.ts";
import { listEndpointFindings, type Needs } from "./endpoint-findings.ts";
import type { Environment } from "./environment.ts";
import { placeRun } from "./find-run.ts";
import { measurePace } from "./pace.ts";

export interface EndpointLook {
  readonly subject: string;
  readonly findings: AsyncIterable<Finding>;
}

/** `patienceMs` is how long an answer is waited for. */
export function* lookAtEndpoints(
  prepared: PreparedExperiment,
  patienceMs: number,
  environment: Environment,
): Generator<EndpointLook> {
  const { experiment } = prepared;
  const endpoints = experiment.system === "language" ? Object.values(experiment.language.endpoints) : [];
  for (const declared of endpoints) {
    const asking = { declared, experiment: experiment as LanguageExperiment, patienceMs };
    const findings = inspectEndpoint(asking, environment);
    yield { subject: `endpoint ${declared.name}`, findings };
  }
  yield { subject: "planned run", findings: inspectPlan(prepared, environment) };
}

interface Asking {
  readonly declared: DeclaredEndpoint;
  readonly experiment: LanguageExperiment;
  readonly patienceMs: number;
}

async function* inspectEndpoint(
  { declared, experiment, patienceMs }: Asking,
  environment: Environment,
): AsyncGenerator<Finding> {
  const { name, key, urls } = declared;
  const secret = key === null ? null : (environment.variables[key] ?? "");
  if (secret === "") {
    const what = `the environment variable ${key} is not set`;
    yield createProblem("key", { what, where: `endpoints.${name}.key`, next: `export ${key} and ask doctor again` });
    return;
  }
  if (urls.length === 0) {
    yield createOk("reachable", "the run serves its own models while it lasts; there is nothing to reach before");
    return;
  }
  const settings: EndpointSettings = {
    ...declared,
    price: resolvePrice(declared),
    limits: limitPatience(declared.limits, patienceMs),
  };
  const { openConnection } = await import("../providers/connection.ts");
  const connection = openConnection(settings, { secret, clock: environment.clock });
  const { firstByteMs } = settings.limits;
  const tellEnd = tellAsking({ name, urls, patienceMs: firstByteMs }, environment);
  try {
    const uses = computeUses(name, experiment);
    const parts = { settings, connection, environment, uses };
    yield* uses.labels ? classifyOnce(parts) : probeOnce(parts, readNeeds(uses, experiment));
  } catch (error) {
    if (!(error instanceof RefeedError) || environment.signal.aborted) throw error;
    const { isUnanswered, readSilence } = await import("../providers/control/endpoint-errors.ts");
    const isEarly = error instanceof ProviderError && isUnanswered(error) && firstByteMs < declared.limits.firstByteMs;
    const where = error.where ?? urls.join(", ");
    // Who is away is not waited for here as a run would, and there is no run to go on with.
    const silence = error instanceof ProviderError ? readSilence(error) : null;
    if (silence !== null) {
      yield createProblem("answers", { what: silence, where, next: adviseAbsence(declared) });
      return;
    }
    const next = isEarly ? adviseSilence(firstByteMs, declared.limits) : (error.next ?? "check the endpoint's url");
    yield createProblem("answers", { what: error.what, where, next });
  } finally {
    tellEnd();
    await connection.close();
  }
}

/** Patience is for runs: doctor tells what is there now. */
function limitPatience(limits: DeclaredEndpoint["limits"], patienceMs: number): EndpointSettings["limits"] {
  const { firstByteMs, idleMs, waitMs } = limits;
  return {
    ...limits,
    firstByteMs: Math.min(firstByteMs, patienceMs),
    idleMs: Math.min(idleMs, patienceMs),
    waitMs: Math.min(waitMs, turnedAwayMs),
    tries: 1,
  };
}

/** How long one that is away, or has too much to do, is waited for. */
const turnedAwayMs = 2000;

function adviseAbsence({ name, limits }: DeclaredEndpoint): string {
  const rest = `a run waits ${limits.waitMs / 1000} s for it (limits.waitMs)`;
  return `see that it runs, has room, and is where endpoints.${name}.url says, and ask doctor again; ${rest}`;
}

function adviseSilence(patienceMs: number, { firstByteMs }: DeclaredEndpoint["limits"]): string {
  const [seconds, most] = [patienceMs / 1000, firstByteMs / 1000];
  return (
    `see in its log whether it still loads its model, and ask again; doctor waited ${seconds} s, a run waits ${most} s: ` +
    `--patience ${most} waits as long`
  );
}

interface Parts {
  readonly settings: EndpointSettings;
  readonly connection: import("../providers/connection.ts").Connection;
  readonly environment: Environment;
  readonly uses: Uses;
}

async function* probeOnce({ settings, connection, environment, uses }: Parts, needs: Needs): AsyncGenerator<Finding> {
  const { createSendJson } = await import("../providers/given/send.ts");
  const { askModels, probeEndpoint } = await import("../providers/proving/probe.ts");
  const { createProber } = await import("../providers/proving/prober.ts");
  const { send, pace } = measurePace(createSendJson(connection), settings, environment);
  const { controller } = connection;
  const { question } = uses;
  const parts = { settings, controller, send, uses: { ...everyUse, ...(question && { question }) } };
  const context = createContext(environment);
  let model: Model = { lineage: settings.model ?? "", file: "", digest: "" };
  if (settings.model === null) {
    const listed = await askModels(createProber(parts, model, context));
    const [first] = listed ?? [];
    if (first === undefined) {
      const next = "serve the run's folder: refeed serve <run>";
      yield createProblem("model", { what: "it lists no model", where: settings.urls.join(", "), next });
      return;
    }
    yield createOk("models", describeLineages(listed ?? []));
    model = { ...model, lineage: first.lineage };
  }
  const evidence = await probeEndpoint(parts, model, context);
  yield createOk("reachable", settings.urls.join(", "));
  yield* listEndpointFindings({ evidence, pace, needs }, settings);
}

function describeLineages(listed: readonly ListedModel[]): string {
  const proved = listed.filter(({ digest }) => digest !== null).length;
  return `${listed.length} listed, ${proved} of them with a digest`;
}

/** A classifier has one thing to show: that it classifies. */
async function* classifyOnce({ settings, connection, environment, uses }: Parts): AsyncGenerator<Finding> {
  const { tryClassifier } = await import("../providers/classifier/classifier.ts");
  const { controller, talk } = connection;
  const started = environment.clock.monotonic();
  const { scores, reason } = await tryClassifier({ ...talk, controller }, createContext(environment));
  const took = environment.clock.monotonic() - started;
  yield createOk("reachable", settings.urls.join(", "));
  if (scores === null) {
    const next = "check the endpoint's url and model";
    yield createProblem("labels", { what: `it labels nothing: ${reason}`, next });
  } else {
    const lack = uses.labels?.find((label) => findLabel(scores, label) === undefined);
    if (lack === undefined) yield createOk("labels", Object.keys(scores).join(", "));
    else yield createProblem("labels", { what: `it ${describeLack(scores, lack)}`, next: labelAdvice });
  }
  yield createOk("pace", `${Number(took.toPrecision(3))} ms for one text`);
}

/** What of it the experiment uses. */
function readNeeds({ isSampled, isScored, question }: Uses, experiment: LanguageExperiment): Needs {
  const verifiers = Object.values(experiment.language.verifiers);
  const settings = experiment.arms.map((arm) => arm.settings);
  return {
    isSampled,
    isScored,
    ...(question && { question }),
    hasSelf: isSampled && verifiers.some(({ kind }) => kind === "self"),
    hasStop: isSampled && settings.some(({ sample }) => (sample.stop ?? []).length > 0),
    draws: Math.max(...settings.map(({ sample }) => sample.candidates)),
  };
}

function createContext({ signal, clock }: Environment): Context {
  return { key: "doctor", signal, clock, ledger: noLedger, progress: { report: () => undefined } };
}

async function* inspectPlan(prepared: PreparedExperiment, { cwd }: Environment): AsyncGenerator<Finding> {
  const { rows } = await readPlan(prepared, placeRun(prepared.experiment.name, cwd));
  const left = addCosts(rows.filter(({ state }) => state !== "done"));
  yield createOk(
    "cost",
    left.calls === 0 ? "nothing leaves this process" : `at most ${renderOutside(left)} still to pay`,
  );
  const { budget } = prepared.experiment;
  const caps = { usd: left.usd, requests: left.calls, tokens: left.tokens };
  for (const unit of ["usd", "requests", "tokens"] as const) {
    const cap = budget[unit];
    if (cap === null) continue;
    const what = `${Number(caps[unit].toFixed(4))} of ${cap} ${unit}`;
    if (caps[unit] <= cap) yield createOk(`budget.${unit}`, what);
    else
      yield createProblem(`budget.${unit}`, { what: `${what}: the run will stop there`, next: `raise budget.${unit}` });
  }
}
