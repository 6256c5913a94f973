// The seeds member: one a draw, derived as a Sampler derives its own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { computeSeed, renderSeed } from "../../../src/keys/seed.ts";
import { createDrawSeeds } from "../../../src/providers/served/draw-seeds.ts";

test("seeds are those of the prompt's draws, from any draw on", () => {
  const { seeds } = createDrawSeeds({ seed: "stage", promptId: "p" }, 4);
  assert.deepEqual(
    seeds,
    [0, 1, 2, 3].map((draw) => renderSeed(computeSeed("stage", "p", draw))),
  );
  assert.equal(new Set(seeds).size, 4);
  assert.deepEqual(createDrawSeeds({ seed: "stage", promptId: "p" }, 2, 2).seeds, seeds.slice(2));
});
