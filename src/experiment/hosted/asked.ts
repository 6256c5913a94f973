// Which endpoint a stage asks for what it sends. It asks for nothing itself.

import type { Description } from "../../domain/stage.ts";
import type { Experiment, LanguageExperiment } from "../experiment.ts";
import type { DeclaredEndpoint } from "../schema/endpoints.ts";

/** The endpoint that a stage sends something to; undefined where all of it is done in this process. */
export function findAsked(description: Description, experiment: Experiment): DeclaredEndpoint | undefined {
  if (experiment.system !== "language") return undefined;
  const { kind, parameters } = description;
  if (kind === "verify") return findVerifierEndpoint(description, experiment);
  const isScored = kind === "evaluate" && (parameters as { readonly basis?: string }).basis === "gold";
  return kind === "sample" || isScored ? findModelEndpoint(description, experiment) : undefined;
}

/** Who samples and scores under the model of a turn; undefined in this process. */
export function findModelEndpoint(
  { turn }: Pick<Description, "turn">,
  { arms, language }: LanguageExperiment,
): DeclaredEndpoint | undefined {
  const teacher = arms.find(({ id }) => id === turn.arm.id)?.settings.teacher ?? null;
  const name = turn.generation === 0 && teacher !== null ? teacher : language.endpoint;
  return name === null ? undefined : language.endpoints[name];
}

interface Asking {
  readonly kind?: string;
  readonly endpoint?: { readonly name?: string };
}

export function findVerifierEndpoint(
  { parameters }: Description,
  { language }: LanguageExperiment,
): DeclaredEndpoint | undefined {
  const { verifier = {} } = parameters as { verifier?: Asking };
  // An auxiliary model is scored under where the run's models are.
  const own = verifier.kind === "perplexity" ? language.endpoint : null;
  return language.endpoints[verifier.endpoint?.name ?? own ?? ""];
}
