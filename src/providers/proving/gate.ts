// Before a stage asks an endpoint for anything: does it serve the model of that very stage? An endpoint with a model of its
// own is proved once in a process and held against its fingerprint; one that serves the run's models is asked for its list
// every time, because it must name the lineage with the digest that the run has. An address is no identity: a server may
// move, and what stands behind an address may change.

import type { Context } from "../../domain/context.ts";
import type { Model } from "../../domain/ports.ts";
import { ProviderError } from "../../errors.ts";
import type { GivenWay } from "../given/ways.ts";
import type { Found } from "../provider.ts";
import { type ChangeParts, findKnown, keep, readBefore } from "./change.ts";
import { checkDraws, checkFinish, checkTerms, checkVerdict, findWay } from "./checks.ts";
import { type Abilities, computeFingerprint, type Evidence } from "./evidence.ts";
import { checkServed, shorten } from "./listing.ts";
import { probeAway, probeEndpoint } from "./probe.ts";
import { everyUse, type ProbeParts } from "./prober.ts";

export type { Uses } from "./prober.ts";

export interface EndpointGate {
  /**
   * Resolves with what the endpoint was found to be once it is sure that it serves this model.
   * Throws ProviderError where it does not, does not answer, or is no longer what it was.
   */
  enter(model: Model, context: Context): Promise<Evidence>;
  /** The same for questions: also that it takes what a judge asks it. */
  enterJudge(model: Model, context: Context): Promise<Evidence>;
  /**
   * Proves it for everything that the experiment asks of it, before stages begin: nothing is bought anywhere yet, and no
   * stage has looked at rows of a former model.
   */
  meet(model: Model, context: Context): Promise<void>;
  /** The same for scores of given texts: resolves with the way that was proved, throws where none was. */
  enterGiven(model: Model, context: Context): Promise<GivenWay>;
  /** Whether it finds out about the endpoint just now. */
  isProving(): boolean;
}

export interface GateParts extends ProbeParts, ChangeParts {
  /** The digests its own model goes by in this run; null where it serves the run's models, each by its lineage. */
  readonly digests: readonly string[] | null;
}

export function createEndpointGate(given: GateParts): EndpointGate {
  const { settings, digests, controller } = given;
  let away: readonly number[] = [];
  let isRejoining = false;
  const leaveOut = (servers: readonly number[]): void => {
    away = servers;
    controller.leaveOut(servers.flatMap((server) => settings.urls[server] ?? []));
  };
  // Whoever serves the run's own models is asked for its list by every stage, and has to be there.
  const parts: GateParts = digests === null ? given : { ...given, leaveOut };
  let underWay = 0;
  let proving: { readonly evidence: Promise<Evidence>; readonly signal: AbortSignal } | undefined;
  const proveOnce = async (model: Model, context: Context): Promise<Evidence> => {
    for (;;) {
      proving ??= { evidence: prove(parts, model, context), signal: context.signal };
      const mine = proving;
      underWay += 1;
      try {
        return await mine.evidence;
      } catch (error) {
        if (proving === mine) proving = undefined;
        // Another stage was told to stop while it found out; this one was not.
        if (!mine.signal.aborted || context.signal.aborted) throw error;
      } finally {
        underWay -= 1;
      }
    }
  };
  /** Servers that were away when the others were proved are looked for by every stage that comes in later. */
  const rejoin = async (evidence: Evidence, model: Model, context: Context): Promise<void> => {
    if (away.length === 0 || isRejoining) return;
    isRejoining = true;
    try {
      leaveOut(await probeAway(parts, { model, evidence, away }, context));
    } finally {
      isRejoining = false;
    }
  };
  const enter = async (model: Model, context: Context): Promise<Evidence> => {
    if (digests === null) {
      // Before anything else is asked: proving would send it requests for a model it does not have.
      await checkServed(parts, model, context);
      return proveOnce(model, context);
    }
    if (digests.includes(model.digest)) {
      const isFirst = proving === undefined;
      const evidence = await proveOnce(model, context);
      if (!isFirst) await rejoin(evidence, model, context);
      return evidence;
    }
    throw new ProviderError(
      `it is asked for the model of lineage ${shorten(model.lineage)} and serves a model of its own, ${settings.model}`,
      { where: nameOf(parts), next: "name an endpoint that serves each generation's model under model.endpoint" },
    );
  };
  const { isSampled, isJudge, isScored } = parts.uses ?? everyUse;
  return {
    async enter(model, context) {
      const evidence = await enter(model, context);
      checkFinish(parts, evidence);
      checkDraws(parts, evidence);
      return evidence;
    },
    async enterJudge(model, context) {
      const evidence = await enter(model, context);
      checkFinish(parts, evidence);
      checkVerdict(parts, evidence);
      return evidence;
    },
    async meet(model, context) {
      const evidence = await enter(model, context);
      if (isSampled || isJudge) checkFinish(parts, evidence);
      if (isSampled) checkTerms(parts, evidence);
      if (isSampled) checkDraws(parts, evidence);
      if (isJudge) checkVerdict(parts, evidence);
      if (isScored) findWay(parts, evidence);
    },
    async enterGiven(model, context) {
      return findWay(parts, await enter(model, context));
    },
    isProving: () => underWay > 0,
  };
}

const nameOf = ({ settings }: ProbeParts): string => `endpoint ${settings.name}`;

async function prove(parts: GateParts, model: Model, context: Context): Promise<Evidence> {
  const before = readBefore(parts);
  const known = findKnown(before, parts.settings.model ?? model.lineage);
  return keep(parts, { before, found: await probeEndpoint({ ...parts, before: known }, model, context) });
}

/** What a sampler goes by. */
export function createFound(evidence: Evidence): Found {
  const { abilities } = evidence;
  return {
    mostDraws: findMostDraws(abilities),
    dialect: { logProbabilities: abilities.dialect, ignoresStop: abilities.stop === false },
    fingerprint: computeFingerprint(evidence),
  };
}

/** Without bounds where all came that will be asked for. */
function findMostDraws({ n, several }: Abilities): number {
  if (n !== true) return 1;
  if (several === undefined || several.came === several.asked) return Number.POSITIVE_INFINITY;
  // Two came, and more were refused.
  return Math.min(several.came ?? 2, several.asked);
}
