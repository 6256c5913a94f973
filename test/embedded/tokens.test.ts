// Text to tokens and back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { joinTokens, readSpacing, spaceTokens, splitPieces, splitTokens } from "../../src/embedded/tokens.ts";
import fc from "../helpers/properties.ts";

test("tokens are words with inner punctuation, or single characters", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["don't panic, it's 3.5 %", ["don't", "panic", ",", "it's", "3.5", "%"]],
    ["well-known U.S. firm", ["well-known", "U.S", ".", "firm"]],
    ["#Person1#: hi!", ["#", "Person1", "#", ":", "hi", "!"]],
    ["\t été\n東京 ", ["été", "東京"]],
    ["👍🏽", ["👍", "🏽"]],
    ["", []],
  ];
  for (const [text, tokens] of cases) assert.deepEqual(splitTokens(text), tokens, text);
});

test("text set apart comes back as it was", () => {
  const text = '" it is like the day , " said a barber .';
  assert.equal(readSpacing(text), "apart");
  assert.equal(joinTokens(splitTokens(text), "apart"), text);
});

test("printed text comes back as it was", () => {
  for (const text of ["Hello, how are you?", "It cost $5 (five) in all.", "A 3.5% rise; then, nothing!"]) {
    assert.equal(readSpacing(text), "attached");
    assert.equal(joinTokens(splitTokens(text), "attached"), text);
  }
});

test("joined tokens split into the same tokens, whatever the text", () => {
  const unit = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(" ", ".", ",", "'", "-", "(", "$", "a", "7"));
  const text = fc.array(unit, { maxLength: 20 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, fc.constantFrom("apart" as const, "attached" as const), (given, spacing) => {
      const tokens = splitTokens(given);
      const joined = joinTokens(tokens, spacing);
      assert.deepEqual(splitTokens(joined), tokens);
      assert.equal(spaceTokens(tokens, spacing).join(""), joined);
      assert.deepEqual(splitPieces(joined), spaceTokens(tokens, spacing));
      assert.equal(splitPieces(given).join(""), tokens.length > 0 ? given : "");
      assert.equal(splitPieces(given).length, tokens.length);
    }),
    { numRuns: 500 },
  );
});
