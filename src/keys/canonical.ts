// Canonical JSON: the one byte sequence that stands for a value, so that equal values have equal digests.
// Object keys are sorted by UTF-16 code unit, numbers are JavaScript's shortest round-trip decimals,
// there is no white space (RFC 8785 for the values it admits). It knows nothing of stages.

/** A value that JSON can carry. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Renders a value as canonical JSON.
 * Keys whose value is undefined are left out; null stays, because an explicit null is a statement.
 * Throws TypeError for what JSON cannot carry (NaN, infinities, bigint, functions, undefined in an array).
 */
export function renderCanonical(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`canonical JSON cannot carry ${value}`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(renderCanonical).join(",")}]`;
  if (typeof value === "object") {
    const record = value as Record<string, unknown>;
    const members = Object.keys(record)
      .sort()
      .filter((key) => record[key] !== undefined)
      .map((key) => `${JSON.stringify(key)}:${renderCanonical(record[key])}`);
    return `{${members.join(",")}}`;
  }
  throw new TypeError(`canonical JSON cannot carry a value of type ${typeof value}`);
}
