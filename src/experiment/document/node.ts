// An experiment as a tree in which every value remembers where it was written: file:line:column, or a --set flag.
// It knows neither YAML nor the schema.

import type { Problem } from "../../errors.ts";

export interface Place {
  /** `file:line:column`, or `--set path`. */
  readonly where: string;
  /** Position in the file, for sorting; flags come after it. */
  readonly order: number;
  /** Of a --set flag, not of the file. */
  readonly isFlag?: true;
}

export type Scalar = null | boolean | number | string;

export type Node =
  | { readonly kind: "scalar"; readonly place: Place; readonly value: Scalar }
  | { readonly kind: "list"; readonly place: Place; readonly items: readonly Node[] }
  | MapNode;

export interface MapNode {
  readonly kind: "map";
  readonly place: Place;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  /** Where the key stands. */
  readonly place: Place;
  readonly node: Node;
}

export type Path = readonly (string | number)[];

export interface PlacedProblem extends Problem {
  readonly order: number;
}

export function createProblem(place: Place, what: string, next?: string): PlacedProblem {
  return { where: place.where, order: place.order, what, next };
}

/** The plain value of a node; mappings have no prototype, so no key of theirs can reach one. */
export function toPlain(node: Node): unknown {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "list":
      return node.items.map(toPlain);
    case "map": {
      const plain = Object.create(null) as Record<string, unknown>;
      for (const [key, entry] of node.entries) plain[key] = toPlain(entry.node);
      return plain;
    }
  }
}

export function findNode(root: Node, path: Path): Node | undefined {
  let node: Node | undefined = root;
  for (const segment of path) {
    if (node === undefined) return undefined;
    node = readChild(node, segment);
  }
  return node;
}

/** Where a path stands, or the nearest value around it that stands in the file. */
export function findPlace(root: Node, path: Path): Place {
  let node = root;
  for (const segment of path) {
    const child = readChild(node, segment);
    if (child === undefined) break;
    node = child;
  }
  return node.place;
}

/** The mapping without some of its keys. */
export function omitKeys(node: MapNode, keys: readonly string[]): MapNode {
  return { ...node, entries: new Map([...node.entries].filter(([key]) => !keys.includes(key))) };
}

function readChild(node: Node, segment: string | number): Node | undefined {
  if (node.kind === "map") return node.entries.get(String(segment))?.node;
  if (node.kind === "list") return node.items[Number(segment)];
  return undefined;
}
