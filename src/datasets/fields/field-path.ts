// A field by its path: `translation.en`, `answers.text.0`, `messages.-1.content`. Names of objects and places in lists, set
// apart by dots; a name that holds dots itself goes before a way through several. It knows no file.

/** One name or place after the other, from the row inwards. */
export type FieldPath = readonly string[];

/** A field as its user wrote it, and where that leads. */
export interface Field {
  readonly text: string;
  readonly path: FieldPath;
}

export interface Followed {
  /** What the path leads to, or the last thing on the way where it ends before. */
  readonly value: unknown;
  /** Steps taken; all of them where the path leads somewhere. */
  readonly steps: number;
}

/** Lists no deeper than this, and no more than that. */
const deepestListed = 6;
export const mostListed = 12;

/**
 * The path that a text means in something of a known form: at every step the longest name that is there. `find` gives what
 * a name leads to, or undefined; where nothing is known of the form, each dot begins a step.
 */
export function parseFieldPath<T>(text: string, root: T, find: (of: T, name: string) => T | undefined): FieldPath {
  const words = text.split(".");
  const path: string[] = [];
  let at: T | undefined = root;
  while (words.length > 0) {
    let count: number = at === undefined ? 1 : words.length;
    while (count > 1 && find(at as T, words.slice(0, count).join(".")) === undefined) count -= 1;
    const name: string = words.splice(0, count).join(".");
    path.push(name);
    at = at === undefined ? undefined : find(at, name);
  }
  return path;
}

/** What a name leads to in a value: an own member, or an item by its place, from the end where that is negative. */
export function findMember(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return isPlace(name) ? (value as readonly unknown[]).at(Number(name)) : undefined;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

export function isPlace(name: string): boolean {
  return /^-?\d{1,9}$/.test(name);
}

export function followPath(root: unknown, path: FieldPath): Followed {
  let value = root;
  for (const [steps, name] of path.entries()) {
    const found = findMember(value, name);
    if (found === undefined) return { value, steps };
    value = found;
  }
  return { value, steps: path.length };
}

/** The paths of whatever holds nothing further, as a user would write them; of a list, its first item stands for all. */
export function listPaths<T>(
  root: T,
  before: FieldPath,
  open: (of: T) => readonly (readonly [name: string, of: T])[] | undefined,
): readonly string[] {
  const paths: string[] = [];
  const visit = (of: T, path: FieldPath): void => {
    if (paths.length > mostListed || path.length > before.length + deepestListed) return;
    const inside = open(of);
    if (inside === undefined) paths.push(path.join("."));
    else for (const [name, value] of inside) visit(value, [...path, name]);
  };
  for (const [name, value] of open(root) ?? []) visit(value, [...before, name]);
  return paths;
}

/** What is in a value, by name, of a list its first item; undefined for what holds nothing. */
export function openValue(value: unknown): readonly (readonly [name: string, of: unknown])[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const inside = Object.entries(Array.isArray(value) ? value.slice(0, 1) : value);
  return inside.length === 0 ? undefined : inside;
}
