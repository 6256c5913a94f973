// Arbitrary texts for fast-check: few distinct words, so that they overlap, with separators and characters that
// lower-casing or a code-unit scan could get wrong.

import fc from "../helpers/properties.ts";

const words = [
  "a",
  "b",
  "ab",
  "the",
  "The",
  "running",
  "runs",
  "flies",
  "formalize",
  "x1",
  "ſ",
  "É",
  "σς",
  "\u{1d400}",
];
const oddities = ["\u212a", "\u0130", "\u0130x", "\u212aing", "\u0307", "\ud800", "\udc00a", "ß", "\u0000", "'", "_"];
const separators = [" ", " ", " ", "\n", "\n\n", "\r\n", ", ", "-", "\t", "\u2028", "\u00a0", ""];

/** A text of up to `wordCount` words. */
export function anyText(wordCount: number): fc.Arbitrary<string> {
  const part = fc.tuple(fc.constantFrom(...words, ...words, ...oddities), fc.constantFrom(...separators));
  const parts = fc.array(part, { maxLength: wordCount, size: "max" });
  return fc.oneof({ weight: 9, arbitrary: parts.map((all) => all.flat().join("")) }, fc.string({ unit: "binary" }));
}
