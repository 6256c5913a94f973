// The columns of a Parquet file as its schema tells them, structures and lists included, and the part of a footer that some of
// them need. Lists are what hyparquet takes for lists: what this file says is there is what it will assemble.

import type { FileMetaData, SchemaElement } from "hyparquet";
import type { FieldPath } from "../fields/field-path.ts";
import type { Column } from "../file/table.ts";

interface Node {
  readonly element: SchemaElement;
  readonly children: readonly Node[];
}

/** A column of values, as the chunks of a group name it. */
export interface Leaf {
  readonly path: readonly string[];
  /** Its values are more than one a row, or none. */
  readonly isRepeated: boolean;
  readonly isNested: boolean;
}

export interface Pruned {
  /** The footer of a file that has nothing else. */
  readonly metadata: FileMetaData;
  readonly leaves: readonly Leaf[];
}

const deepest = 16;

export function listColumns(schema: readonly SchemaElement[]): readonly Column[] {
  return createTree(schema).children.map((node) => describe(node, 1));
}

/** What the paths need and no more: of a structure the fields on the way alone, of a list all that it holds. */
export function pruneMetadata(metadata: FileMetaData, paths: readonly FieldPath[]): Pruned {
  const root = pick(createTree(metadata.schema), paths, true);
  const leaves = root.children.flatMap((node) => listLeaves(node, []));
  const names = new Set(leaves.map(({ path }) => path.join("\n")));
  const groups = metadata.row_groups.map((group) => ({
    ...group,
    columns: group.columns.filter(({ meta_data }) => names.has(meta_data?.path_in_schema.join("\n") ?? "")),
  }));
  return { metadata: { ...metadata, schema: flatten(root), row_groups: groups }, leaves };
}

function createTree(schema: readonly SchemaElement[]): Node {
  let at = 0;
  const read = (): Node => {
    const element = schema[at]!;
    at += 1;
    const children: Node[] = [];
    for (let child = 0; child < (element.num_children ?? 0) && at < schema.length; child++) children.push(read());
    return { element, children };
  };
  const root = read();
  // Columns that the root does not count are columns all the same.
  const others: Node[] = [];
  while (at < schema.length) others.push(read());
  return { ...root, children: [...root.children, ...others] };
}

function describe({ element, children }: Node, depth: number, isItem = false): Column {
  const { name } = element;
  if (depth > deepest) return { name, fault: "is nested too deeply" };
  if (isList({ element, children })) {
    const [repeated] = children as [Node];
    const [inner] = repeated.children;
    return { name, item: inner === undefined ? describe(repeated, depth + 1, true) : describe(inner, depth + 1) };
  }
  if (element.repetition_type === "REPEATED" && !isItem) return { name, fault: "is a list of an old form" };
  if (element.converted_type === "LIST") return { name, fault: "is a list of an old form" };
  if (element.converted_type?.startsWith("MAP")) return { name, fault: "is a map" };
  if (element.logical_type?.type === "VARIANT") return { name, fault: "is VARIANT" };
  if (children.length > 0) return { name, fields: children.map((child) => describe(child, depth + 1)) };
  return { name, fault: findFault(element) };
}

/** Of three levels, or of two where the repeated one is the item. */
function isList({ element, children }: Node): boolean {
  const [only] = children;
  if (element.converted_type !== "LIST" || children.length !== 1 || only === undefined) return false;
  return only.element.repetition_type === "REPEATED" && only.children.length <= 1;
}

/** Texts are byte arrays; whole numbers may be ids. */
function findFault({ type, converted_type, logical_type }: SchemaElement): string | undefined {
  const kind = logical_type?.type ?? converted_type;
  if (kind === "DECIMAL") return "is a decimal";
  if (type === "BYTE_ARRAY") return kind === undefined || isTextKind(kind) ? undefined : `is ${kind}`;
  const isWhole = (type === "INT32" || type === "INT64") && (kind === undefined || /^U?INT/.test(kind));
  return isWhole ? undefined : `is ${kind ?? type ?? "empty"}`;
}

function isTextKind(kind: string): boolean {
  return kind === "UTF8" || kind === "STRING" || kind === "ENUM";
}

/** A part of a list may decide how the whole of it is taken: only structures are cut. */
function pick(node: Node, paths: readonly FieldPath[], isRoot = false): Node {
  const { element } = node;
  const isStructure = element.converted_type === undefined && element.repetition_type !== "REPEATED";
  if (paths.some((path) => path.length === 0) || !(isRoot || isStructure)) return node;
  const children = node.children.flatMap((child) => {
    const inside = paths.filter(([name]) => name === child.element.name).map(([, ...rest]) => rest);
    return inside.length === 0 ? [] : [pick(child, inside)];
  });
  return { element: { ...element, num_children: children.length }, children };
}

function flatten({ element, children }: Node): SchemaElement[] {
  return [element, ...children.flatMap(flatten)];
}

function listLeaves({ element, children }: Node, before: readonly string[], isRepeatedBefore = false): readonly Leaf[] {
  const path = [...before, element.name];
  const isRepeated = isRepeatedBefore || element.repetition_type === "REPEATED";
  if (children.length === 0) return [{ path, isRepeated, isNested: path.length > 1 || isRepeated }];
  return children.flatMap((child) => listLeaves(child, path, isRepeated));
}
