// Where two JSON values differ, leaf by leaf, and how a value is put at a path. It knows no experiment.

import { type Json, renderCanonical } from "../../keys/canonical.ts";

export interface FieldDifference {
  /** As the file has it, `sample.temperature`; within one arm alone, `arms.replace-none.sample.temperature`. */
  readonly field: string;
  /** null where the field was not there. */
  readonly before: Json;
  readonly after: Json;
}

export interface PathDifference {
  readonly path: readonly string[];
  readonly before: Json;
  readonly after: Json;
}

/** Every path that differs, in the order of the later value; lists are one field each, what is not there is null. */
export function computeDifference(
  before: Json | undefined,
  after: Json | undefined,
  path: readonly string[] = [],
): readonly PathDifference[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(after), ...Object.keys(before)])];
    return keys.flatMap((key) => computeDifference(before[key], after[key], [...path, key]));
  }
  if (renderCanonical(before ?? null) === renderCanonical(after ?? null)) return [];
  return [{ path, before: before ?? null, after: after ?? null }];
}

/** The value with another one at a path. */
export function writeAt(value: Json, [key, ...rest]: readonly string[], to: Json): Json {
  if (key === undefined) return to;
  const record = isRecord(value) ? value : {};
  return { ...record, [key]: writeAt(record[key] ?? null, rest, to) };
}

export function isRecord(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
