// Whether what was found of an endpoint is enough for what it is asked, told before anything is paid for. It asks nobody.

import { ProviderError } from "../../errors.ts";
import { adviseFinish } from "../control/endpoint-errors.ts";
import { type GivenWay, givenWays } from "../given/ways.ts";
import type { Evidence } from "./evidence.ts";
import type { ProbeParts } from "./prober.ts";
import { givenAdvice } from "./proof.ts";
import { adviseQuestion } from "./verdicts.ts";

type Proved = Pick<ProbeParts, "settings" | "uses">;

const nameOf = ({ settings }: Proved): string => `endpoint ${settings.name}`;

/** Before anything is paid for that would be taken for no answer; scores of given texts need no end. */
export function checkFinish(parts: Proved, { hasFinish }: Evidence): void {
  const { settings } = parts;
  if (hasFinish !== false || !settings.hasFinish) return;
  throw new ProviderError("it does not say why its texts end: none of those it was probed with has a finish_reason", {
    where: nameOf(parts),
    next: adviseFinish(settings.name),
  });
}

/** The way that given texts are scored by. */
export function findWay(parts: Proved, { given }: Evidence): GivenWay {
  if (given.kind === "unasked") throw new TypeError(`no given text was to be scored by ${nameOf(parts)}`);
  const way = given.kind === "proved" ? givenWays.find(({ name }) => name === given.way) : undefined;
  if (way) return way;
  const reason = given.kind === "refused" ? given.reason : `the way ${given.way} is unknown`;
  throw new ProviderError(`given texts cannot be scored there: ${reason}`, {
    where: nameOf(parts),
    next: givenAdvice,
  });
}

/** A verifier that goes by the log-probabilities of draws could score none of them. */
export function checkTerms(parts: Proved, { abilities }: Evidence): void {
  if (parts.uses?.isSelf !== true || abilities.logProbabilities !== false) return;
  throw new ProviderError("it tells no log-probabilities of what it writes, and a verifier of kind self goes by them", {
    where: nameOf(parts),
    next: "choose another verifier, or a server that tells them",
  });
}

/** Where the experiment says that a request brings several draws, one that brings fewer would be paid for and be none. */
export function checkDraws(parts: Proved, { abilities }: Evidence): void {
  const { settings, uses } = parts;
  if (settings.draws !== "n" || (uses?.draws ?? 1) < 2) return;
  const lack = describeFewer(abilities);
  if (lack === null) return;
  throw new ProviderError(`the experiment asks for all draws of a prompt in one request (draws: n), and ${lack}`, {
    where: nameOf(parts),
    next: adviseDraws(settings.name),
  });
}

/** What became of the draws that one request was to bring; null where all came, or nobody knows. */
export function describeFewer({ several }: Pick<Evidence["abilities"], "several">): string | null {
  if (several === undefined || several.came === several.asked) return null;
  const { asked, came, reason = "it was refused" } = several;
  if (came === null) return `a request for ${asked} of them is not taken: ${reason}`;
  return `a request for ${asked} of them brings ${came}`;
}

/** What to do where one request cannot bring as many draws as it is asked for. */
export function adviseDraws(endpoint: string): string {
  return `set endpoints.${endpoint}.draws: auto, which asks for each draw by itself where that is so, or single`;
}

/** A question that is refused would be refused of every candidate. */
export function checkVerdict(parts: Proved, { verdict }: Evidence): void {
  const { settings, uses } = parts;
  if (verdict?.kind !== "refused") return;
  const field = uses?.question?.field ?? "the judge's maxTokens";
  throw new ProviderError(`it does not take what a judge asks it: ${verdict.reason}`, {
    where: nameOf(parts),
    next: adviseQuestion(verdict, { name: settings.name, field }),
  });
}
