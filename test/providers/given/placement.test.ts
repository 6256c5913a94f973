// Tokens laid beside their text, as properties over how servers spell them: whole, without their spaces, behind special
// tokens, as pieces of characters; and never beside a text that is not theirs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { computeGivenScore } from "../../../src/providers/given/boundary.ts";
import { computePlacement } from "../../../src/providers/given/placement.ts";
import fc from "../../helpers/properties.ts";

const word = fc.string({ unit: fc.constantFrom(..."abcdefgh"), minLength: 1, maxLength: 5 });
const wordTokens = fc.array(
  word.map((each) => ` ${each}`),
  { minLength: 2, maxLength: 12 },
);
const anyTokens = fc.array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 12,
});

/** Where tokens lie that are spelled as they stand. */
function place(tokens: readonly string[]) {
  const ends = tokens.map((_, index) => tokens.slice(0, index + 1).join("").length);
  return { starts: [0, ...ends.slice(0, -1)], ends };
}

test("tokens that are the text lie where they lie, whatever they hold", () => {
  fc.assert(
    fc.property(anyTokens, (tokens) => assert.deepEqual(computePlacement(tokens, tokens.join("")), place(tokens))),
  );
});

test("what comes behind the text is left out", () => {
  fc.assert(
    fc.property(anyTokens, anyTokens, (tokens, more) => {
      assert.deepEqual(computePlacement([...tokens, ...more], tokens.join("")), place(tokens));
    }),
  );
});

test("special tokens in front stand for nothing, told or not", () => {
  fc.assert(
    fc.property(wordTokens, fc.constantFrom("<s>", "<|begin_of_text|>", "", null), (tokens, special) => {
      const { starts, ends } = place(tokens);
      assert.deepEqual(computePlacement([special, ...tokens], tokens.join("")), {
        starts: [0, ...starts],
        ends: [0, ...ends],
      });
    }),
  );
});

test("a first token that is not told is what is left of the text", () => {
  fc.assert(
    fc.property(wordTokens, (tokens) => {
      assert.deepEqual(computePlacement([null, ...tokens.slice(1)], tokens.join("")), place(tokens));
    }),
  );
});

test("a space that was lost or added belongs to its token", () => {
  fc.assert(
    fc.property(wordTokens, (tokens) => {
      const bare = tokens.map((token) => token.trim());
      assert.deepEqual(computePlacement(bare, tokens.join("")), place(tokens));
      const text = tokens.join("").trimStart();
      const { starts, ends } = place([text.slice(0, (tokens[0] as string).length - 1), ...tokens.slice(1)]);
      assert.deepEqual(computePlacement(tokens, text), { starts, ends });
    }),
  );
});

/** How servers spell the bytes of a character that is cut between tokens. */
const spellings: readonly (readonly string[])[] = [
  ["", ""],
  ["\uFFFD", "\uFFFD"],
  ["<0xC3>", "<0xA9>"],
  ["bytes:\\xc3", "bytes:\\xa9"],
  ["", "é"],
  ["\uFFFD", "é"],
];

test("pieces of a character share the whole of it, on its own side of the boundary", () => {
  for (const pieces of spellings) {
    const tokens = ["ab", ...pieces, " cd"];
    const placement = computePlacement(tokens, "abé cd");
    assert.deepEqual(placement, { starts: [0, 2, 2, 3], ends: [2, 3, 3, 6] }, JSON.stringify(pieces));
  }
  // Glued to what is text: a space with the first byte, the last byte with a letter.
  assert.deepEqual(computePlacement(["a", " \uFFFD", "\uFFFD", "b"], "a éb"), {
    starts: [0, 1, 2, 3],
    ends: [1, 3, 3, 4],
  });
  assert.deepEqual(computePlacement(["a", "\uFFFD", "\uFFFD\uFFFD"], "a🚢"), { starts: [0, 1, 1], ends: [1, 3, 3] });
});

test("tokens of another text are not laid beside this one", () => {
  fc.assert(
    fc.property(wordTokens, wordTokens, (tokens, others) => {
      const [text, other] = [tokens.join(""), others.join("")];
      fc.pre(!other.startsWith(text));
      assert.equal(computePlacement(others, text), null);
    }),
  );
});

test("the completion is what lies behind prompt and join, each token whole", () => {
  fc.assert(
    fc.property(wordTokens, fc.nat(), fc.nat(3), (tokens, cut, joined) => {
      const text = tokens.join("");
      const at = 1 + (cut % (text.length - 1));
      const join = text.slice(at, Math.min(text.length - 1, at + joined));
      const given = { prompt: text.slice(0, at), join, completion: text.slice(at + join.length) };
      const listed = tokens.map((token, index) => ({
        text: token,
        logProbability: index === 0 ? null : -index,
        best: null,
      }));
      const score = computeGivenScore(given, { kind: "listed", tokens: listed, end: null, isCut: false });
      const { starts, ends } = place(tokens);
      const first = ends.findIndex((end) => end > at + join.length);
      if (first === 0) return assert.equal(score.kind, "unscorable");
      assert.deepEqual(score, {
        kind: "scored",
        terms: tokens.map((_, index) => -index).slice(first),
        straddles: (starts[first] as number) < at,
        isCut: false,
      });
    }),
  );
});
