// Finds a name on the way to a value that an object within a JSON text has twice. Texts with many objects of the same names are
// the rule here, so what JSON.parse has made of the text is asked first: a name that was there twice is missing from it once.

import { computeJsonPlace, type JsonPlace } from "./json-place.ts";
import { isSpelledOtherwise } from "./repeated-member.ts";

/** The first repetition on any of the paths; `value` is what JSON.parse makes of the text. */
export function computeRepeatedStep(
  text: string,
  value: unknown,
  paths: readonly (readonly string[])[],
): JsonPlace["repeated"] {
  if (!isSuspect(text, value, [...new Set(paths.flat())])) return undefined;
  for (const path of paths) {
    const { repeated } = computeJsonPlace(text, path);
    if (repeated !== undefined) return repeated;
  }
  return undefined;
}

function isSuspect(text: string, value: unknown, names: readonly string[]): boolean {
  const counts = names.map((name) => [JSON.stringify(name), countIn(text, JSON.stringify(name))] as const);
  const doubled = counts.filter(([, count]) => count > 1);
  if (names.some((name) => isSpelledOtherwise(text, name))) return true;
  if (doubled.length === 0) return false;
  const kept = renderKept(value);
  return kept === undefined || doubled.some(([quoted, count]) => count > countIn(kept, quoted));
}

/** Undefined for what is nested too deeply to be written again. */
function renderKept(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function countIn(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count += 1;
  return count;
}
