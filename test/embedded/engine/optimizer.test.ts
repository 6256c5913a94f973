// Adam against the published algorithm written out for one number.

import assert from "node:assert/strict";
import { test } from "node:test";
import { computeRate, createOptimizer } from "../../../src/embedded/engine/optimizer.ts";

test("three steps on two numbers, by hand", () => {
  const parameters = { weight: Float32Array.of(0.5, -1) };
  const optimizer = createOptimizer(parameters);
  const slopes = [
    [0.3, -0.4],
    [0.1, 0.2],
    [-0.6, 0.1],
  ];
  const expected = [0.5, -1];
  const mean = [0, 0];
  const square = [0, 0];
  for (const [index, slope] of slopes.entries()) {
    optimizer.step({ weight: Float32Array.from(slope) }, 0.1);
    for (let i = 0; i < 2; i++) {
      mean[i] = 0.9 * mean[i]! + 0.1 * slope[i]!;
      square[i] = 0.99 * square[i]! + 0.01 * slope[i]! ** 2;
      const [m, v] = [mean[i]! / (1 - 0.9 ** (index + 1)), square[i]! / (1 - 0.99 ** (index + 1))];
      expected[i]! -= (0.1 * m) / (Math.sqrt(v) + 1e-8);
      assert.ok(Math.abs(parameters.weight[i]! - expected[i]!) < 1e-6, `step ${index}, number ${i}`);
    }
  }
});

test("a gradient longer than 1 is clipped to 1, a shorter one is not", () => {
  const move = (...slopes: readonly number[]): Float32Array => {
    const parameters = { weight: new Float32Array(2) };
    const optimizer = createOptimizer(parameters);
    for (const slope of slopes) optimizer.step({ weight: Float32Array.of(slope, 0) }, 0.1);
    return parameters.weight;
  };
  // Adam's first step has no scale, so the second tells: (1, then 0.5) is not (0.5, then 0.5).
  assert.deepEqual(move(30, 0.5), move(1, 0.5));
  assert.notDeepEqual(move(1, 0.5), move(0.5, 0.5));
});

test("the rate warms up in a line and falls in a line to nothing", () => {
  const rates = Array.from({ length: 100 }, (_, step) => computeRate(step, { steps: 100, peak: 1, warmup: 10 }));
  assert.equal(rates[0], 0.1);
  assert.ok(Math.abs(rates[9]! - 0.91) < 1e-12);
  assert.ok(Math.abs(rates[50]! - 0.5) < 1e-12);
  assert.ok(Math.abs(rates[99]! - 0.01) < 1e-12);
  assert.equal(computeRate(0, { steps: 10, peak: 1, warmup: 0 }), 1);
});
