import assert from "node:assert/strict";
import { test } from "node:test";
import { computeTokens } from "../../src/text/tokens.ts";

test("tokens are runs of a-z and 0-9 after lower-casing", () => {
  assert.deepEqual(computeTokens("The CAT's 2nd state-of-the-art_hat, 3.14!"), [
    ...["the", "cat", "s", "2nd", "state", "of", "the", "art", "hat", "3", "14"],
  ]);
  assert.deepEqual(computeTokens(""), []);
  assert.deepEqual(computeTokens("… – é 漢"), []);
});

test("the two characters whose lower-case form holds an ASCII letter count as Python counts them", () => {
  assert.deepEqual(computeTokens("5\u212a"), ["5k"]);
  assert.deepEqual(computeTokens("\u0130stanbul"), ["i", "stanbul"]);
  const others: string[] = [];
  for (let code = 128; code < 0x110000; code++) {
    const character = String.fromCodePoint(code);
    if (computeTokens(character).length > 0) others.push(character);
  }
  assert.deepEqual(others, ["\u0130", "\u212a"]);
});

test("only tokens longer than three characters are stemmed", () => {
  assert.deepEqual(computeTokens("The ties of dying dogs die was running", true), [
    ...["the", "tie", "of", "die", "dog", "die", "was", "run"],
  ]);
});
