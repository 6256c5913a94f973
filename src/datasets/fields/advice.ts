// What is said of a field that is not what it was taken for, and the step to take: the same words whatever file holds it.

import { type FieldPath, type Followed, isPlace, listPaths, mostListed, openValue } from "./field-path.ts";

export type TextRole = "article" | "summary";

/** How a user names fields: in an experiment, or by flags. `anyField` stands for a name that only the user knows. */
export type FieldAdvice = (fields: Readonly<Partial<Record<TextRole, string>>>) => string;

export const anyField = "...";

export const encodingAdvice = "convert it, from Latin-1 for example: iconv -f latin1 -t UTF-8";

export const idAdvice = "give every row an id, or name another field for it";

export function adviseMapping(fields: Readonly<Partial<Record<TextRole, string>>>): string {
  const pairs = Object.entries(fields).map(([role, field]) => `${role}: ${field}`);
  return `fields: {${pairs.join(", ")}}`;
}

export function adviseField(role: TextRole | "id", advise: FieldAdvice = adviseMapping): string {
  if (role === "id") return "name another field for it, or none";
  return `name the field that holds it: ${advise({ [role]: anyField })}`;
}

/** Nothing may be dropped row by row; what is of another kind is mostly another field than was meant. */
export function adviseText(value: unknown, role: TextRole, advise: FieldAdvice = adviseMapping): string {
  const isNothing = value === null || value === undefined || typeof value === "string";
  return isNothing
    ? "write a text there, remove the row, or let an experiment drop such rows: filter: {empty: drop}"
    : `write a text there, or name another field: ${advise({ [role]: anyField })}`;
}

/** True where a path ends in a row that has nothing there, as another row may well have: null, or a shorter list. */
export function isNothingThere({ value, steps }: Followed, path: FieldPath): boolean {
  return value === null || (Array.isArray(value) && isPlace(path[steps] ?? ""));
}

/** Why a path ends where it does: what is there instead. */
export function renderEnd({ value, steps }: Followed, path: FieldPath): string {
  const reached = path.slice(0, steps);
  const name = quote(reached.join("."));
  if (typeof value !== "object" || value === null) return `${name} is ${renderKind(value)}`;
  if (Array.isArray(value) && isPlace(path[steps] ?? ""))
    return `${name} has ${value.length} ${value.length === 1 ? "item" : "items"}`;
  return `it has ${renderPaths(listPaths(value, reached, openValue)) || "nothing"}`;
}

/** "; it has .." for what holds others, nothing for all else. */
export function renderInside(value: unknown, path: FieldPath): string {
  if (typeof value !== "object" || value === null) return "";
  const listed = renderPaths(listPaths(value, path, openValue));
  return listed === "" ? "" : `; it has ${listed}`;
}

/** Two that are written alike are one to a user: the name that is written so is meant. */
export function renderPaths(given: readonly string[]): string {
  const paths = [...new Set(given)];
  return `${paths.slice(0, mostListed).map(quote).join(", ")}${paths.length > mostListed ? ", .." : ""}`;
}

export function renderKind(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "bigint") return "a number";
  return typeof value === "object" ? "an object" : typeof value === "string" ? "text" : `a ${typeof value}`;
}

/** Words from the file, in quotes, escaped and clipped: they may hold anything. */
export function quote(words: string): string {
  return JSON.stringify(words.length > 40 ? `${words.slice(0, 40)}..` : words);
}
