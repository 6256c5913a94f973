// Lint as programs and terminals read it. The JSON is a stable output, documented in docs/outputs.md.

import type { LintLimits, LintTurn } from "../domain/lint.ts";
import { computeChecks, renderBreach } from "../evaluation/lint/checks.ts";
import type { Json } from "../keys/canonical.ts";

/** One line for each generation with something beyond its limit. */
export function listLintLines(turns: readonly LintTurn[], limits: LintLimits): readonly string[] {
  return turns.flatMap((turn) => {
    const broken = computeChecks(turn, limits).filter(({ isBroken }) => isBroken);
    if (broken.length === 0) return [];
    const { arm, seed, generation } = turn;
    return [`${arm}, seed ${seed}, generation ${generation}: ${broken.map(renderBreach).join("; ")}`];
  });
}

/** Every check of every turn. */
export function renderLintJson(turns: readonly LintTurn[], limits: LintLimits): Json {
  return turns.map((turn) => {
    const { arm, seed, generation } = turn;
    const checks = computeChecks(turn, limits).map(({ name, value, count, of, limit, isBroken }) => [
      name,
      { value, count, of, min: limit?.min ?? null, max: limit?.max ?? null, broken: isBroken },
    ]);
    return { arm, seed, generation, checks: Object.fromEntries(checks) };
  });
}
