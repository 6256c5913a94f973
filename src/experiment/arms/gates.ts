// The gates of an experiment, each held against the arms there are.

import { findNearest } from "../document/nearest.ts";
import { createProblem, findNode, findPlace, type MapNode, type PlacedProblem, toPlain } from "../document/node.ts";
import type { Gate, ResolvedArm } from "../experiment.ts";

export interface GateScope {
  readonly arms: readonly ResolvedArm<unknown>[];
  /** False where what is wrong with an arm may change its id. */
  readonly areIdsCertain: boolean;
  /** Names of everything that is measured. */
  readonly metrics: readonly string[];
}

/** What the schema has refused of a gate is left to it. A gate that can never be judged is told now and not after the run. */
export function resolveGates(
  tree: MapNode,
  { arms, metrics, areIdsCertain }: GateScope,
  problems: PlacedProblem[],
): readonly Gate[] {
  const node = findNode(tree, ["gates"]);
  if (node?.kind !== "list") return [];
  return node.items.map((item, index) => {
    const { metric, arm, generation, op, value } = (toPlain(item) ?? {}) as Omit<Gate, "where">;
    const place = (key: string) => findPlace(tree, ["gates", index, key]);
    if (typeof metric === "string" && !metrics.includes(metric)) {
      const near = findNearest(metric, metrics);
      const next = near ? `did you mean ${near}?` : `what is measured: ${metrics.join(", ")}`;
      problems.push(createProblem(place("metric"), `${JSON.stringify(metric)} is not measured`, next));
    }
    const asked = arms.find(({ id }) => id === arm);
    if (typeof arm !== "string" || (asked === undefined && !areIdsCertain)) {
      // Told by the schema, or an id that the arms may yet have.
    } else if (asked === undefined) {
      const ids = arms.map(({ id }) => id);
      const near = findNearest(arm, ids);
      const next = near ? `did you mean ${near}?` : `the arms are ${ids.slice(0, 20).join(", ")}`;
      problems.push(createProblem(place("arm"), `there is no arm ${JSON.stringify(arm)}`, next));
    } else if (generation > asked.generations) {
      const what = `${arm} has no generation ${generation}: its last is ${asked.generations}`;
      problems.push(createProblem(place("generation"), what));
    }
    return { metric, arm, generation, op, value, where: item.place.where };
  });
}
