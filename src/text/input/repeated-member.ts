// Finds a key that a JSON object has twice: JSON.parse keeps the last without a word, and nobody knows which was meant.

import { computeJsonScan, type JsonMember } from "./json-scan.ts";

/** The first repetition of one of `names` among the outermost members of a valid JSON object. */
export function computeRepeatedMember(text: string, names: readonly string[]): JsonMember | undefined {
  if (!names.some((name) => isSuspect(text, name))) return undefined;
  const seen = new Set<string>();
  return computeJsonScan(text).members.find(({ key }) => names.includes(key) && seen.size === seen.add(key).size);
}

/** Whether a scan may find the name twice: it stands there again, or a key may be spelled with escapes. */
function isSuspect(text: string, name: string): boolean {
  const quoted = JSON.stringify(name);
  const first = text.indexOf(quoted);
  if (first >= 0 && text.indexOf(quoted, first + quoted.length) >= 0) return true;
  return isSpelledOtherwise(text, name);
}

/** Whether a key may be spelled with escapes: text in other scripts is full of them, plain letters are not. */
export function isSpelledOtherwise(text: string, name: string): boolean {
  return /^[\w .-]*$/.test(name) ? text.includes("\\u00") && /\\u00[2-7]/.test(text) : text.includes("\\");
}
