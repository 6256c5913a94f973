// The endpoints of an experiment as doctor looks at them: each is probed as a run would, outside of any run, and what the
// planned run will ask of all of them is told at the end. Nothing is kept; what is asked may cost a few hundred tokens.

import { renderOutside } from "../experiment/change/refusal.ts";
import { type LanguageExperiment, listEndpoints } from "../experiment/experiment.ts";
import { computeUses } from "../experiment/hosted/uses.ts";
import { addCosts, readPlan } from "../experiment/plan.ts";
import type { PreparedExperiment } from "../experiment/prepare.ts";
import { type DeclaredEndpoint, resolvePrice } from "../experiment/schema/endpoints.ts";
import type { EndpointSettings } from "../providers/endpoint.ts";
import type { Uses } from "../providers/proving/proof-cost.ts";
import { createOk, createProblem, type Finding } from "../store/inspection/finding.ts";
import type { AddressLook, Looking } from "./address-look.ts";
import type { Needs } from "./endpoint-findings.ts";
import type { Environment } from "./environment.ts";
import { placeRun } from "./find-run.ts";

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
  for (const declared of listEndpoints(experiment)) {
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
  const limits = limitPatience(declared.limits, patienceMs);
  const settings: EndpointSettings = { ...declared, price: resolvePrice(declared), limits };
  const uses = computeUses(name, experiment);
  const looking = { declared, settings, secret, uses, needs: readNeeds(uses, experiment) };
  const { lookAtAddress } = await import("./address-look.ts");
  if (urls.length > 1) return yield* inspectAddresses(looking, environment);
  const { findings, trouble } = await lookAtAddress(urls[0] as string, looking, { first: undefined, environment });
  yield* findings;
  if (trouble !== null) yield createProblem("answers", trouble);
}

/** Each address on its own; then what can be found out from the first that answered. */
async function* inspectAddresses(looking: Looking, environment: Environment): AsyncGenerator<Finding> {
  const { lookAtAddress } = await import("./address-look.ts");
  const { declared } = looking;
  let first: AddressLook | undefined;
  let count = 0;
  for (const url of declared.urls) {
    const look = await lookAtAddress(url, looking, { first, environment });
    const { trouble, served, findings } = look;
    if (trouble !== null) {
      yield createProblem("address", { ...trouble, where: url });
      continue;
    }
    count += 1;
    yield { ...createOk("address", served ?? "answers"), where: url };
    // Of the first all is told below.
    if (first) for (const found of findings.filter(({ state }) => state === "problem")) yield { ...found, where: url };
    first ??= look;
  }
  if (first === undefined) return;
  yield createOk(
    "reachable",
    `${count} of ${declared.urls.length} addresses; what follows was found at the first of them`,
  );
  yield* first.findings.filter(({ check }) => check !== "reachable");
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

/** What of it the experiment uses. */
function readNeeds({ isSampled, isScored, question, draws = 1 }: Uses, experiment: LanguageExperiment): Needs {
  const verifiers = Object.values(experiment.language.verifiers);
  const settings = experiment.arms.map((arm) => arm.settings);
  return {
    isSampled,
    isScored,
    ...(question && { question }),
    hasSelf: isSampled && verifiers.some(({ kind }) => kind === "self"),
    hasStop: isSampled && settings.some(({ sample }) => (sample.stop ?? []).length > 0),
    draws,
  };
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
