// Options that may be given more than once.

/** Collects a repeatable option. */
export function gather(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** Collects a repeatable option whose values may be joined by commas. */
export function gatherList(value: string, before: readonly string[]): readonly string[] {
  return [...before, ...value.split(",").map((name) => name.trim())];
}
