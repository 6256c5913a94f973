// Reads replies of unknown shape member by member: what is not there, or is something else, is undefined.

/** The value at a path of members and indexes. */
export function readPath(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== "object" || found === null) return undefined;
    if (typeof step === "number") found = Array.isArray(found) ? found[step] : undefined;
    else found = Object.hasOwn(found, step) ? (found as Record<string, unknown>)[step] : undefined;
  }
  return found;
}

export function readText(value: unknown, ...path: readonly (string | number)[]): string | null {
  const found = readPath(value, ...path);
  return typeof found === "string" ? found : null;
}

export function readNumber(value: unknown, ...path: readonly (string | number)[]): number | null {
  const found = readPath(value, ...path);
  return typeof found === "number" && Number.isFinite(found) ? found : null;
}

export function readList(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] | null {
  const found = readPath(value, ...path);
  return Array.isArray(found) ? found : null;
}
