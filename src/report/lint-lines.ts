// Lint as programs and terminals read it. The JSON is a stable output, documented in docs/outputs.md.

import type { LintLimits, LintTurn } from "../domain/lint.ts";
import { computeChecks, renderBreach } from "../evaluation/lint/checks.ts";
import type { Json } from "../keys/canonical.ts";

/** One line for each generation with something beyond its limit; arms that share it share its line. */
export function listLintLines(turns: readonly LintTurn[], limits: LintLimits): readonly string[] {
  const armsByLine = new Map<string, string[]>();
  for (const turn of turns) {
    const broken = computeChecks(turn, limits).filter(({ isBroken }) => isBroken);
    if (broken.length === 0) continue;
    const line = `seed ${turn.seed}, generation ${turn.generation}: ${broken.map(renderBreach).join("; ")}`;
    armsByLine.set(line, [...(armsByLine.get(line) ?? []), turn.arm]);
  }
  return [...armsByLine].map(([line, arms]) => `${arms.join(" and ")}, ${line}`);
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
