// The endpoints of an experiment as doctor looks at them: each is probed as a run would, outside of any run, and what the
// planned run will ask of all of them is told at the end. Nothing is kept; what is asked may cost a few hundred tokens.

import { type Context, noLedger } from "../domain/context.ts";
import type { Model } from "../domain/ports.ts";
import { RefeedError } from "../errors.ts";
import { renderOutside } from "../experiment/change/refusal.ts";
import type { LanguageExperiment } from "../experiment/experiment.ts";
import { computeUses } from "../experiment/hosted/uses.ts";
import { addCosts, readPlan } from "../experiment/plan.ts";
import type { PreparedExperiment } from "../experiment/prepare.ts";
import { type DeclaredEndpoint, resolvePrice } from "../experiment/schema/endpoints.ts";
import type { EndpointSettings } from "../providers/endpoint.ts";
import type { SendJson } from "../providers/given/send.ts";
import type { ListedModel } from "../providers/proving/evidence.ts";
import { createOk, createProblem, type Finding } from "../store/inspection/finding.ts";
import { listEndpointFindings, type Needs, type Pace } from "./endpoint-findings.ts";
import type { Environment } from "./environment.ts";
import { placeRun } from "./find-run.ts";

export interface EndpointLook {
  readonly subject: string;
  readonly findings: AsyncIterable<Finding>;
}

export function* lookAtEndpoints(prepared: PreparedExperiment, environment: Environment): Generator<EndpointLook> {
  const { experiment } = prepared;
  const endpoints = experiment.system === "language" ? Object.values(experiment.language.endpoints) : [];
  for (const declared of endpoints) {
    const findings = inspectEndpoint(declared, experiment as LanguageExperiment, environment);
    yield { subject: `endpoint ${declared.name}`, findings };
  }
  yield { subject: "planned run", findings: inspectPlan(prepared, environment) };
}

async function* inspectEndpoint(
  declared: DeclaredEndpoint,
  experiment: LanguageExperiment,
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
  // Patience is for runs: doctor tells what is there now.
  const limits = { ...declared.limits, waitMs: Math.min(declared.limits.waitMs, patienceMs), tries: 1 };
  const settings: EndpointSettings = { ...declared, price: resolvePrice(declared), limits };
  const { openConnection } = await import("../providers/connection.ts");
  const connection = openConnection(settings, { secret, clock: environment.clock });
  try {
    const isClassifier = Object.values(experiment.language.verifiers).some(
      (verifier) => verifier.kind === "reward" && verifier.endpoint === name,
    );
    const parts = { settings, connection, environment };
    yield* isClassifier ? classifyOnce(parts) : probeOnce(parts, readNeeds(declared, experiment));
  } catch (error) {
    if (!(error instanceof RefeedError) || environment.signal.aborted) throw error;
    const next = error.next ?? "check the endpoint's url";
    yield createProblem("answers", { what: error.what, where: error.where ?? urls.join(", "), next });
  } finally {
    await connection.close();
  }
}

const patienceMs = 2000;

interface Parts {
  readonly settings: EndpointSettings;
  readonly connection: import("../providers/connection.ts").Connection;
  readonly environment: Environment;
}

async function* probeOnce({ settings, connection, environment }: Parts, needs: Needs): AsyncGenerator<Finding> {
  const { createSendJson } = await import("../providers/given/send.ts");
  const { askModels, probeEndpoint } = await import("../providers/proving/probe.ts");
  const { createProber } = await import("../providers/proving/prober.ts");
  const { send, pace } = measure(createSendJson(connection), settings, environment);
  const { controller } = connection;
  const parts = { settings, controller, send };
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
async function* classifyOnce({ settings, connection, environment }: Parts): AsyncGenerator<Finding> {
  const { createClassifier } = await import("../providers/classifier/classifier.ts");
  const { controller, talk, wire } = connection;
  const { classify } = createClassifier({ ...talk, wire, controller, identity: null });
  const started = environment.clock.monotonic();
  const texts = (async function* () {
    yield { id: "probe", text: "The bridge is open again." };
  })();
  for await (const { scores, reason } of classify(texts, createContext(environment))) {
    const took = environment.clock.monotonic() - started;
    yield createOk("reachable", settings.urls.join(", "));
    if (scores === null) {
      yield createProblem("labels", {
        what: `it labels nothing: ${reason}`,
        next: "check the endpoint's url and model",
      });
    } else yield createOk("labels", Object.keys(scores).join(", "));
    yield createOk("pace", `${Number(took.toPrecision(3))} ms for one text`);
  }
}

/** What of it the experiment uses. */
function readNeeds({ name }: DeclaredEndpoint, experiment: LanguageExperiment): Needs {
  const { isSampled, isScored } = computeUses(name, experiment);
  const verifiers = Object.values(experiment.language.verifiers);
  const settings = experiment.arms.map((arm) => arm.settings);
  return {
    isSampled,
    isScored,
    hasSelf: isSampled && verifiers.some(({ kind }) => kind === "self"),
    hasStop: isSampled && settings.some(({ sample }) => (sample.stop ?? []).length > 0),
    draws: Math.max(...settings.map(({ sample }) => sample.candidates)),
  };
}

/** Times what is sent. */
function measure(
  send: SendJson,
  { price }: EndpointSettings,
  { clock }: Environment,
): { readonly send: SendJson; readonly pace: Pace } {
  const pace = { latencies: [] as number[], writtenCount: 0, writingMs: 0, usd: 0 };
  return {
    pace,
    async send(...sent) {
      const { readUsage } = await import("../providers/usage.ts");
      const started = clock.monotonic();
      const reply = await send(...sent);
      const took = clock.monotonic() - started;
      if (reply.kind !== "json") return reply;
      pace.latencies.push(took);
      const { completionTokens, usd } = readUsage(reply.value, price, 0);
      pace.usd += sent[1].body === null ? 0 : usd;
      if (completionTokens !== null && completionTokens > 1) {
        pace.writtenCount += completionTokens;
        pace.writingMs += took;
      }
      return reply;
    },
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
