// Which column of a table a field's path means, structures and lists included, or why none. All records are of one form, so
// this is settled once; what a record holds there is looked at elsewhere.

import type { Column } from "../file/table.ts";
import { quote, renderPaths } from "./advice.ts";
import { type FieldPath, isPlace, listPaths, parseFieldPath } from "./field-path.ts";

export type FoundColumn =
  | { readonly kind: "found"; readonly path: FieldPath }
  /** `instead` is what there is where the path ends. */
  | { readonly kind: "absent"; readonly instead: string }
  | { readonly kind: "refused"; readonly what: string; readonly next: string };

export function findColumn(columns: readonly Column[], text: string): FoundColumn {
  const root: Column = { name: "", fields: columns };
  const path = parseFieldPath(text, root, findInside);
  let column = root;
  for (const [steps, name] of path.entries()) {
    const reached = path.slice(0, steps);
    const twins = column.fields?.filter((field) => field.name === name) ?? [];
    const inside = findInside(column, name);
    if (inside === undefined) return { kind: "absent", instead: renderInstead(column, reached) };
    if (twins.length > 1) {
      const doubled = quote(path.slice(0, steps + 1).join("."));
      return { kind: "refused", what: `has the field ${doubled} twice`, next: "keep one of them" };
    }
    column = inside;
  }
  const refuse = (is: string): FoundColumn => ({
    kind: "refused",
    what: `the field ${quote(text)} ${is}`,
    next: "name a field of texts, or write it as text",
  });
  if (column.fault !== undefined) return refuse(column.fault);
  if (openColumn(column) === undefined) return { kind: "found", path };
  return refuse(`is nested; it has ${renderPaths(listPaths(column, path, openColumn)) || "nothing"}`);
}

function findInside({ fields, item }: Column, name: string): Column | undefined {
  if (item !== undefined) return isPlace(name) ? item : undefined;
  return fields?.find((field) => field.name === name);
}

/** The first item stands for all of a list. */
function openColumn({ fields, item }: Column): readonly (readonly [string, Column])[] | undefined {
  if (item !== undefined) return [["0", item]];
  return fields?.map((field) => [field.name, field] as const);
}

function renderInstead(column: Column, reached: FieldPath): string {
  if (openColumn(column) === undefined) return `${quote(reached.join("."))} ${column.fault ?? "holds no others"}`;
  return `it has ${renderPaths(listPaths(column, reached, openColumn)) || "nothing"}`;
}
