// The arms and lines of a file as lists of overrides: every combination of what a product lists. It knows no key.

import { createProblem, type MapNode, type Node, type Place, type PlacedProblem } from "../document/node.ts";
import { listOverrides, type Override } from "../document/override.ts";

/** One arm before it is resolved: what it changes, and where it stands. */
export interface ArmDraft {
  readonly overrides: readonly Override[];
  readonly place: Place;
  /** The name of a line; null for an arm. */
  readonly line: string | null;
}

/** Far beyond what anyone can run; a product is to be told before it fills the memory. */
const mostArms = 10_000;

/** Every arm of `arms:`, in the order written: the first key of a product varies slowest. */
export function expandArms(arms: Node, problems: PlacedProblem[]): readonly ArmDraft[] {
  const drafts: ArmDraft[] = [];
  for (const product of arms.kind === "list" ? arms.items : [arms]) {
    if (product.kind !== "map") continue;
    const combinations = expandProduct(product, mostArms - drafts.length, problems);
    if (combinations === null) {
      problems.push(createProblem(product.place, `this product makes more than ${mostArms} arms`, "list fewer values"));
      return drafts;
    }
    drafts.push(...combinations.map((overrides) => ({ overrides, place: product.place, line: null })));
  }
  return drafts;
}

/** Every line of `lines:`, each a single arm by its name. */
export function expandLines(lines: Node | undefined, problems: PlacedProblem[]): readonly ArmDraft[] {
  if (lines?.kind !== "map") return [];
  return [...lines.entries].flatMap(([line, { node, place }]) => {
    if (node.kind !== "map") return [];
    const overrides = listOverrides(node).filter(({ path, node: value }) => {
      if (value.kind !== "list") return true;
      const what = `the line ${line} gives a list for ${path.join(".")}`;
      problems.push(createProblem(value.place, what, "give a line one value a path; products belong under arms"));
      return false;
    });
    return [{ overrides, place, line }];
  });
}

/** Null where there would be more than `most`. */
function expandProduct(
  product: MapNode,
  most: number,
  problems: PlacedProblem[],
): readonly (readonly Override[])[] | null {
  let combinations: readonly (readonly Override[])[] = [[]];
  for (const { path, node, place } of listOverrides(product)) {
    const values = node.kind === "list" ? node.items : [node];
    if (values.length === 0) {
      problems.push(createProblem(node.place, `${path.join(".")} lists no values, so there would be no arm`));
      return [];
    }
    if (combinations.length * values.length > most) return null;
    combinations = combinations.flatMap((overrides) =>
      values.map((value) => [...overrides, { path, node: value, place }]),
    );
  }
  return combinations;
}
