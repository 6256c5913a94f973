// The seeds member: one a draw, derived as a Sampler derives its own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { computeSeed, renderSeed } from "../../../src/keys/seed.ts";
import { createDrawSeeds } from "../../../src/providers/served/draw-seeds.ts";

test("seeds are those of the prompt's draws, whichever are asked for", () => {
  const { seeds } = createDrawSeeds({ seed: "stage" }, { id: "p" }, [0, 1, 2, 3]);
  assert.deepEqual(
    seeds,
    [0, 1, 2, 3].map((draw) => renderSeed(computeSeed("stage", "p", draw))),
  );
  assert.equal(new Set(seeds).size, 4);
  assert.deepEqual(createDrawSeeds({ seed: "stage" }, { id: "p" }, [2, 3]).seeds, seeds.slice(2));
});
