// Drawing one token from a distribution.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type DrawOptions, drawToken } from "../../../src/embedded/engine/draw.ts";
import { computeSeed } from "../../../src/keys/seed.ts";
import { createRandom } from "../../../src/math/random.ts";

const weights = Float64Array.of(0.1, 0, 0.4, 0.2, 0.3);

function countDraws(options: Partial<DrawOptions>, drawCount = 20_000): number[] {
  const random = createRandom(computeSeed("draws"));
  const counts = new Array<number>(weights.length).fill(0);
  for (let draw = 0; draw < drawCount; draw++) {
    counts[drawToken(weights, { temperature: 1, topK: null, topP: null, ...options }, random)]!++;
  }
  return counts.map((count) => count / drawCount);
}

function assertShares(shares: readonly number[], expected: readonly number[]): void {
  const total = expected.reduce((sum, weight) => sum + weight, 0);
  for (const [index, share] of shares.entries()) {
    const wanted = expected[index]! / total;
    // Five standard errors of a share.
    assert.ok(Math.abs(share - wanted) <= 5 * Math.sqrt((wanted * (1 - wanted)) / 20_000), `${index}: ${share}`);
  }
}

test("at temperature 1 shares are the weights, and weight 0 is never drawn", () => {
  assertShares(countDraws({}), [...weights]);
});

test("temperature is a power of the weights", () => {
  for (const temperature of [0.5, 2]) {
    assertShares(
      countDraws({ temperature }),
      [...weights].map((weight) => weight ** (1 / temperature)),
    );
  }
});

test("top-k keeps the largest, top-p the fewest that reach the mass", () => {
  assertShares(countDraws({ topK: 2 }), [0, 0, 0.4, 0, 0.3]);
  assertShares(countDraws({ topP: 0.7 }), [0, 0, 0.4, 0, 0.3]);
  assertShares(countDraws({ topP: 0.71 }), [0, 0, 0.4, 0.2, 0.3]);
  assertShares(countDraws({ topK: 3, topP: 0.5 }), [0, 0, 0.4, 0, 0.3]);
  assertShares(countDraws({ topK: 1 }), [0, 0, 1, 0, 0]);
});

test("greedy takes the largest, the first of equals, and no randomness", () => {
  const none = { uniform: () => assert.fail("drew"), integer: () => 0, normal: () => 0 };
  const greedy = { temperature: 0, topK: null, topP: null };
  assert.equal(drawToken(weights, greedy, none), 2);
  assert.equal(drawToken(Float64Array.of(0.1, 0.45, 0.45), greedy, none), 1);
});

test("low temperatures do not underflow", () => {
  const random = createRandom(computeSeed("cold"));
  const tiny = Float64Array.of(1e-200, 3e-200, 2e-200);
  for (let draw = 0; draw < 100; draw++) {
    assert.equal(drawToken(tiny, { temperature: 0.01, topK: null, topP: null }, random), 1);
  }
});
