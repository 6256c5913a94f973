import assert from "node:assert/strict";
import { test } from "node:test";
import { computeChunkSize } from "../../src/math/chunk-size.ts";
import { createRandom } from "../../src/math/random.ts";
import fc from "../helpers/properties.ts";

/** Draws until enough have succeeded; returns how many chunks and draws that took, and what succeeded. */
function draw(rate: number, { wanted, most, seed }: { wanted: number; most: number; seed: number }) {
  const random = createRandom(Uint32Array.of(seed, 1, 2, 3));
  let [drawn, succeeded, chunks] = [0, 0, 0];
  for (;;) {
    const size = computeChunkSize({ drawn, succeeded, wanted, most });
    if (size === 0) return { drawn, succeeded, chunks };
    for (let index = 0; index < size; index++) if (random.uniform() < rate) succeeded += 1;
    drawn += size;
    chunks += 1;
  }
}

test("it ends with enough or with nothing left, and never asks for more than there is", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 5000 }),
      fc.nat(),
      (rate, wanted, most, seed) => {
        const { drawn, succeeded } = draw(rate, { wanted, most, seed });
        assert.ok(drawn <= most);
        assert.ok(succeeded >= wanted || drawn === most);
      },
    ),
  );
});

test("a chunk or two for every eightfold of draws, and few draws too many", () => {
  for (const rate of [0.05, 0.3, 0.7, 0.99]) {
    for (let seed = 0; seed < 20; seed++) {
      const { drawn, succeeded, chunks } = draw(rate, { wanted: 2000, most: 1_000_000, seed });
      assert.ok(chunks <= 9, `${chunks} chunks at ${rate}`);
      // Two standard deviations of what a chunk may bring, and as much again for the rate that was misjudged.
      const slack = (4 * Math.sqrt(2000 * (1 - rate))) / rate + 40;
      assert.ok(drawn < 2000 / rate + slack, `${drawn} draws at ${rate}`);
      assert.ok(succeeded >= 2000);
    }
  }
});
