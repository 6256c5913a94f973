// Seeds as text and back.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { renderCanonical } from "../../src/keys/canonical.ts";
import { computeSeed, parseSeed, renderSeed } from "../../src/keys/seed.ts";

test("a seed's text is the first half of the digest it is made from, and gives the seed again", () => {
  for (const [stage, prompt, draw] of [
    ["stage", "prompt", 0],
    ["0".repeat(64), "é\n", 63],
  ] as const) {
    const seed = computeSeed(stage, prompt, draw);
    const digest = createHash("sha256")
      .update(renderCanonical([stage, prompt, draw]))
      .digest("hex");
    assert.equal(renderSeed(seed), digest.slice(0, 32));
    assert.deepEqual(parseSeed(renderSeed(seed)), seed);
  }
});

test("what is no seed is none", () => {
  for (const text of [
    "",
    "0".repeat(31),
    "0".repeat(33),
    `${"0".repeat(31)}g`,
    `${"0".repeat(31)}A`,
    ` ${"0".repeat(31)}`,
  ])
    assert.equal(parseSeed(text), undefined);
});
