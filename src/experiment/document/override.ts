// A value put at a path of the tree: by --set, by a scale, by an arm or by a line.
// It knows which keys have a short form (`corpus: replace`), and that arms, lines and scales are keyed by whole paths.

import { createProblem, type Entry, type MapNode, type Node, type Place, type PlacedProblem } from "./node.ts";

export interface Override {
  readonly path: readonly string[];
  readonly node: Node;
  /** Where the path itself was written. */
  readonly place: Place;
}

/** Keys that may hold a word in place of a mapping, with the key that the word stands for. */
const shortForms: Readonly<Record<string, string>> = { corpus: "policy", system: "kind" };

/** Keys whose values are mappings from dotted paths, with the number of path segments before those. */
const pathHolders: Readonly<Record<string, number>> = { lines: 2, scales: 2 };

/** Parents first, so that `corpus` never wipes out `corpus.share`; otherwise in the order given. */
export function applyOverrides(
  root: MapNode,
  overrides: readonly Override[],
): { readonly root: MapNode; readonly problems: readonly PlacedProblem[] } {
  const problems: PlacedProblem[] = [];
  const sorted = overrides
    .map((override) => ({ ...override, path: joinPath(override.path, root) }))
    .toSorted((one, other) => one.path.length - other.path.length);
  let result = root;
  for (const override of sorted) {
    const written = writeAt(result, override, 0);
    if (written === null) {
      const what = `${override.path.join(".")} cannot be set: what stands above it is no mapping`;
      problems.push(createProblem(override.place, what));
    } else result = written as MapNode;
  }
  return { root: result, problems };
}

/** One override a key of a mapping from dotted paths to values. */
export function listOverrides(node: MapNode): readonly Override[] {
  return [...node.entries].map(([key, entry]) => ({ path: key.split("."), node: entry.node, place: entry.place }));
}

/** Below arms, lines and scales the rest of the path is one key. */
function joinPath(path: readonly string[], root: MapNode): readonly string[] {
  const holder = path[0] ?? "";
  const isArmList = root.entries.get("arms")?.node.kind === "list";
  const kept = holder === "arms" ? (isArmList ? 2 : 1) : pathHolders[holder];
  if (kept === undefined || path.length <= kept + 1) return path;
  return [...path.slice(0, kept), path.slice(kept).join(".")];
}

function writeAt(target: Node | undefined, override: Override, depth: number): Node | null {
  const { path, node, place } = override;
  const segment = path[depth];
  if (segment === undefined) return node;
  if (target?.kind === "list") {
    const index = /^\d+$/.test(segment) ? Number(segment) : -1;
    if (target.items[index] === undefined) return null;
    const written = writeAt(target.items[index], override, depth + 1);
    return written && { ...target, items: target.items.with(index, written) };
  }
  const map = openMap(target, path[depth - 1], place);
  if (map === null) return null;
  const existing = map.entries.get(segment);
  const written = writeAt(existing?.node, override, depth + 1);
  if (written === null) return null;
  const isLast = depth === path.length - 1;
  const entry: Entry = { place: existing && !isLast ? existing.place : place, node: written };
  return { ...map, entries: new Map(map.entries).set(segment, entry) };
}

/** The mapping to write into: as it stands, opened from its short form, or new. */
function openMap(target: Node | undefined, key: string | undefined, place: Place): MapNode | null {
  if (target === undefined || (target.kind === "scalar" && target.value === null)) {
    return { kind: "map", place, entries: new Map() };
  }
  if (target.kind === "map") return target;
  const long = key === undefined ? undefined : shortForms[key];
  if (target.kind === "list" || long === undefined || typeof target.value !== "string") return null;
  return { kind: "map", place: target.place, entries: new Map([[long, { place: target.place, node: target }]]) };
}
