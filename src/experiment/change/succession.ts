// Which lost stage a planned one takes the place of: the same arm, seed, generation and kind, and of several there
// the one it is most like. So a plan can say what is done anew, why, and what it took the first time.

import { type Json, renderCanonical } from "../../keys/canonical.ts";
import type { DescribedStage } from "../../loop/describing.ts";
import type { KnownStage } from "../../store/known-stages.ts";
import { isRecord } from "./difference.ts";

/** The lost stage that a planned one replaces, by the planned one's key. `oldIds` are arms' ids of before by those of now. */
export function findSuccessions(
  planned: readonly DescribedStage[],
  lost: readonly KnownStage[],
  oldIds: ReadonlyMap<string, string>,
): ReadonlyMap<string, KnownStage> {
  const lostByPlace = new Map<string, KnownStage[]>();
  for (const stage of lost) {
    for (const turn of stage.turns) {
      const place = renderPlace(turn, stage.kind);
      lostByPlace.set(place, [...(lostByPlace.get(place) ?? []), stage]);
    }
  }
  const pairs = planned.flatMap(({ key, description, turns }) => {
    const places = turns.flatMap(({ arm, seed, generation }) => {
      const old = oldIds.get(arm.id);
      return old === undefined ? [] : [renderPlace({ arm: old, seed, generation }, description.kind)];
    });
    const found = new Set(places.flatMap((place) => lostByPlace.get(place) ?? []));
    return [...found].map((stage) => ({
      key,
      stage,
      places,
      likeness: compareParameters(description.parameters, stage),
    }));
  });
  const taken = new Set<string>();
  const replaced = new Map<string, KnownStage>();
  for (const { key, stage, places } of pairs.toSorted((one, other) => other.likeness - one.likeness)) {
    // A stage that arms shared may be followed by one for each of them, but by one only in each place.
    const free = places.map((place) => `${stage.key} ${place}`).filter((place) => !taken.has(place));
    if (replaced.has(key) || free.length === 0) continue;
    replaced.set(key, stage);
    for (const place of free) taken.add(place);
  }
  return replaced;
}

/** A trial in memory has all generations, however many. */
function renderPlace(
  turn: { readonly arm: string; readonly seed: number; readonly generation: number },
  kind: string,
): string {
  return `${turn.arm}/${turn.seed}/${kind === "trial" ? "" : turn.generation}/${kind}`;
}

/** How many parameters are the same. */
function compareParameters(parameters: Json, stage: KnownStage): number {
  if (!isRecord(parameters) || !isRecord(stage.parameters)) return 0;
  const old = stage.parameters;
  return Object.entries(parameters).filter(
    ([name, value]) => old[name] !== undefined && renderCanonical(old[name]) === renderCanonical(value),
  ).length;
}
