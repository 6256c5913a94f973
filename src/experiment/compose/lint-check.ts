// Looks at each finished stage of a language run before anything is made from it: lint, and limits that end the run.
// It samples nothing and changes no stage; a run gone on with looks again.

import type { LintLimits, LintTurn } from "../../domain/lint.ts";
import type { Description, Stage, Turn } from "../../domain/stage.ts";
import { GateError } from "../../errors.ts";
import { type Check, computeChecks, renderBreach } from "../../evaluation/lint/checks.ts";
import { createLinter, type LinterParts } from "../../evaluation/lint/linter.ts";
import { type Json, renderCanonical } from "../../keys/canonical.ts";
import type { LanguageSettings, NamedVerifier } from "../../systems/language/settings.ts";

/** Called with every stage that a turn has asked for; throws GateError where a fatal limit is broken. */
export type CheckLint = (stage: Stage, description: Description, signal: AbortSignal) => Promise<void>;

interface LintCheckParts extends LinterParts {
  readonly verifiers: Readonly<Record<string, NamedVerifier>>;
}

export function createLintCheck({ verifiers, ...parts }: LintCheckParts, limits: LintLimits): CheckLint {
  const linter = createLinter(parts);
  return async (stage, description, signal) => {
    const { turn } = description;
    const { teacher, sample: sampling } = turn.arm.settings as LanguageSettings;
    const isHosted = turn.generation === 0 && teacher !== null;
    const isRandom = sampling.temperature > 0;
    const options = { isRandom, isByRounds: sampling.accept !== undefined, isHosted, signal };
    const sample = stage.kind === "sample" ? await linter.read(stage.key, options) : null;
    const acceptance = sample === null ? undefined : (stage.value as Pick<LintTurn, "acceptance">).acceptance;
    const selection = stage.kind === "select" ? (stage.value as LintTurn["selection"]) : null;
    const attacks = isSelectedBy(description, verifiers)
      ? (stage.value as Pick<LintTurn, "attacks">).attacks
      : undefined;
    if (sample === null && selection === null && attacks === undefined) return;
    const found = { sample, selection, ...(attacks && { attacks }), ...(acceptance && { acceptance }) };
    const broken = findFatal(createTurn(turn, found), limits);
    if (broken) throw createBreachError(broken, { arm: turn.arm.id, seed: turn.seed, generation: turn.generation });
  };
}

/** A judge that only scores beside the arm's own verifier keeps nobody: that it can be talked round harms other arms. */
function isSelectedBy({ kind, parameters, turn }: Description, verifiers: LintCheckParts["verifiers"]): boolean {
  const { verifier } = turn.arm.settings as LanguageSettings;
  if (kind !== "verify" || verifier === null) return false;
  const asked = (parameters as { readonly verifier: Json }).verifier;
  return renderCanonical(verifiers[verifier]?.parameters ?? null) === renderCanonical(asked);
}

/** Copies are seen when all are there: at the end of the run. */
function createTurn(
  { arm, seed, generation }: Turn,
  found: Pick<LintTurn, "sample" | "selection" | "attacks" | "acceptance">,
): LintTurn {
  return { arm: arm.id, seed, generation, training: null, copies: 0, ...found };
}

/** The first fatal breach of a turn. */
export function findFatal(turn: LintTurn, limits: LintLimits): Check | undefined {
  return computeChecks(turn, limits).find(({ isBroken, limit }) => isBroken && limit?.fatal);
}

export function createBreachError(
  check: Check,
  { arm, seed, generation }: Pick<LintTurn, "arm" | "seed" | "generation">,
): GateError {
  const side = check.limit?.max != null && (check.value ?? 0) > check.limit.max ? "max" : "min";
  return new GateError(`lint: ${renderBreach(check)}`, {
    where: `${arm}, seed ${seed}, generation ${generation}`,
    next: `look at its candidates; to go on all the same, run again with --set lint.${check.name}.fatal=false or another lint.${check.name}.${side}`,
  });
}
