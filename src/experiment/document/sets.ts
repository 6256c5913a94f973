// The --set arguments: YAML values at paths of the tree, and `scale=tiny`, which stands for all that a scale sets.

import { findNearest } from "./nearest.ts";
import { createProblem, type MapNode, type Place, type PlacedProblem } from "./node.ts";
import { applyOverrides, listOverrides, type Override } from "./override.ts";
import { parseFlagText } from "./yaml.ts";

/** The tree with the chosen scales put in first and the other arguments on top, in the order given. */
export function applySets(root: MapNode, sets: readonly string[], problems: PlacedProblem[]): MapNode {
  const overrides = sets.flatMap((set, index) => parseSet(set, index, problems));
  const isScale = ({ path }: Override): boolean => path.length === 1 && path[0] === "scale";
  let result = root;
  for (const chosen of overrides.filter(isScale)) result = applyScale(result, chosen, problems);
  for (const override of overrides.filter((override) => !isScale(override))) {
    const applied = applyOverrides(result, [override]);
    problems.push(...applied.problems);
    result = applied.root;
  }
  return result;
}

/** Flags come after the file, one after another. */
const afterFile = 1e12;

/** One argument as an override; none, with a problem, where it cannot be read. */
function parseSet(set: string, index: number, problems: PlacedProblem[]): readonly Override[] {
  const at = set.indexOf("=");
  const path = set.slice(0, Math.max(0, at)).trim();
  const place: Place = { where: `--set ${at < 0 ? set : path}`, order: afterFile + index, isFlag: true };
  if (!/^[\w-]+(\.[\w.-]*[\w-])?$/.test(path) || /(^|\.)(__proto__|constructor|prototype)(\.|$)/.test(path)) {
    problems.push(createProblem(place, "must be path=value", "for example --set sample.temperature=0.7"));
    return [];
  }
  const text = set.slice(at + 1);
  if (text.trim() === "") {
    problems.push(createProblem(place, "gives no value", "write null for none"));
    return [];
  }
  const { root, problems: faults } = parseFlagText(text, place);
  problems.push(...faults);
  return root === null ? [] : [{ path: path.split("."), node: root, place }];
}

/** What the scale lists, as the file places it: a mistake in it is told there and not at the flag. */
function applyScale(root: MapNode, { node, place }: Override, problems: PlacedProblem[]): MapNode {
  const scales = root.entries.get("scales")?.node;
  const known = scales?.kind === "map" ? [...scales.entries.keys()] : [];
  const name = node.kind === "scalar" ? String(node.value) : "";
  const scale = scales?.kind === "map" ? scales.entries.get(name)?.node : undefined;
  if (scale?.kind === "map") {
    const applied = applyOverrides(root, listOverrides(scale));
    problems.push(...applied.problems);
    return applied.root;
  }
  const near = findNearest(name, known);
  const next = near ? `did you mean ${near}?` : known.length > 0 ? `choose one of ${known.join(", ")}` : undefined;
  problems.push(createProblem(place, `this experiment has no scale ${JSON.stringify(name)}`, next));
  return root;
}
