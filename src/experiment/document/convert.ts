// The library's nodes to placed values: refuses tags, doubled and reserved keys, aliases that loop or multiply,
// and numbers that cannot be held exactly.

import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  type Scalar,
  type YAMLMap,
  type Node as YamlNode,
} from "yaml";
import { createProblem, type Entry, type Node, type Place, type PlacedProblem } from "./node.ts";

/** Values an experiment may come to once its aliases are written out. */
const mostValues = 50_000;

/** Names through which a careless merge would reach the prototype of every object. */
const reserved = new Set(["__proto__", "constructor", "prototype"]);

/** What is known so far; only valueCount and the collections move. */
interface Conversion {
  readonly place: (offset: number) => Place;
  readonly problems: PlacedProblem[];
  /** Finished anchors with their size, and those being converted. */
  readonly anchors: Map<string, { readonly node: Node; readonly size: number } | "open">;
  valueCount: number;
}

/** `place` tells where a position of the text is. */
export function convertYaml(
  root: YamlNode,
  place: (offset: number) => Place,
): { readonly root: Node; readonly problems: readonly PlacedProblem[] } {
  const conversion: Conversion = { place, problems: [], anchors: new Map(), valueCount: 0 };
  return { root: convertNode(root, conversion), problems: conversion.problems };
}

/** In the order of the text, so that an alias finds what stands before it. */
function convertNode(node: YamlNode, conversion: Conversion): Node {
  const { place, problems, anchors } = conversion;
  const at = place(node.range?.[0] ?? 0);
  if (isAlias(node)) return convertAlias(node, at, conversion);
  if (node.tag !== undefined) {
    const tag = node.tag.replace("tag:yaml.org,2002:", "!!");
    problems.push(createProblem(at, `the tag ${tag} is not read`, "remove it"));
  }
  const anchor = "anchor" in node ? (node.anchor as string | undefined) : undefined;
  if (anchor !== undefined) anchors.set(anchor, "open");
  const before = conversion.valueCount;
  conversion.valueCount += 1;
  const converted = convertContent(node, at, conversion);
  if (anchor !== undefined) anchors.set(anchor, { node: converted, size: conversion.valueCount - before });
  return converted;
}

function convertContent(node: YamlNode, at: Place, conversion: Conversion): Node {
  if (isMap(node)) return { kind: "map", place: at, entries: convertEntries(node, conversion) };
  if (isSeq(node)) {
    return { kind: "list", place: at, items: node.items.map((item) => convertNode(item as YamlNode, conversion)) };
  }
  return { kind: "scalar", place: at, value: isScalar(node) ? readScalar(node, at, conversion) : null };
}

/** An alias is the very node it names, so a bomb costs nothing here; what it would cost a reader is counted. */
function convertAlias(alias: Alias, at: Place, conversion: Conversion): Node {
  const target = conversion.anchors.get(alias.source);
  if (target !== undefined && target !== "open") {
    const wasOver = conversion.valueCount > mostValues;
    conversion.valueCount += target.size;
    if (conversion.valueCount <= mostValues) return target.node;
    const what = `aliases make more than ${mostValues} values of this file`;
    if (!wasOver) conversion.problems.push(createProblem(at, what));
  } else {
    const fault = target === "open" ? "stands inside its own anchor" : "has no anchor before it";
    conversion.problems.push(createProblem(at, `the alias *${alias.source} ${fault}`));
  }
  return { kind: "scalar", place: at, value: null };
}

/** Doubled keys are told and the first one stands: later ones would hide what was written before. */
function convertEntries(map: YAMLMap, conversion: Conversion): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const pair of map.items as Pair<YamlNode, YamlNode | null>[]) {
    const place = conversion.place(pair.key?.range?.[0] ?? map.range?.[0] ?? 0);
    const key = readKey(pair.key, place, conversion);
    const node = pair.value ? convertNode(pair.value, conversion) : ({ kind: "scalar", place, value: null } as const);
    if (key === null) continue;
    if (!entries.has(key)) entries.set(key, { place, node });
    else conversion.problems.push(createProblem(place, `the key ${key} is given twice`, "keep one of them"));
  }
  return entries;
}

/** Keys are words as they are written, `010` and `true` among them; null where there is none to use. */
function readKey(node: YamlNode | null, place: Place, { problems }: Conversion): string | null {
  const isPlain = isScalar(node) && node.tag === undefined && node.value !== null;
  const key = isPlain ? (typeof node.value === "string" ? node.value : (node.source ?? "")) : "";
  if (key === "") problems.push(createProblem(place, "a key must be a word"));
  else if (key === "<<") problems.push(createProblem(place, "merge keys are not read", "write the keys out"));
  else if (reserved.has(key)) problems.push(createProblem(place, `the key ${key} is reserved`, "choose another name"));
  else return key;
  return null;
}

/** After a problem any small number will do: it is not to cause a second one. */
function readScalar(
  { value, source }: Scalar,
  place: Place,
  { problems }: Conversion,
): null | boolean | number | string {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") {
    if (!value.isWellFormed()) problems.push(createProblem(place, "holds half of a surrogate pair"));
    return value;
  }
  if (typeof value !== "number") return null;
  if (!Number.isFinite(value)) {
    problems.push(createProblem(place, `${source} is not a finite number`));
    return 1;
  }
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    problems.push(createProblem(place, `${source} has more digits than a number can hold exactly`));
    return 1;
  }
  return value;
}
