// The whole gradient against finite differences, and that training learns.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { init } from "@jax-js/jax";
import { createBatch } from "../../../src/embedded/engine/batch.ts";
import { createGradientStep, createGradients } from "../../../src/embedded/engine/gradient.ts";
import { createParameters, listParameters } from "../../../src/embedded/shape.ts";
import { computeSeed } from "../../../src/keys/seed.ts";
import { createRandom } from "../../../src/math/random.ts";
import { createToyParameters, createToyRows, encodeToyRow, toyShape, toyVocabulary } from "../../helpers/toy-corpus.ts";

const context = { vocabulary: toyVocabulary, shape: toyShape };

before(() => init("wasm"));

test("the slope along each array's gradient is its length", () => {
  const rows = [...createToyRows(5), ...createToyRows(2, { isStrange: true })].map(encodeToyRow);
  const parameters = createParameters(toyShape, createRandom(computeSeed("gradient")));
  const gradients = createGradients(toyShape);
  const step = createGradientStep(toyShape, 8);
  const batch = createBatch(rows, 8, context);
  step.run(parameters, gradients, batch);
  const directions = structuredClone(gradients);
  let comparedCount = 0;
  for (const [name] of listParameters(toyShape)) {
    const values = parameters[name]!;
    const kept = values.slice();
    const direction = directions[name]!;
    const squares = direction.reduce((sum, slope) => sum + slope * slope, 0);
    assert.ok(squares > 0, name);
    const size = 0.005 / Math.sqrt(squares);
    const move = (factor: number): number => {
      for (const [i, value] of kept.entries()) values[i] = value + factor * direction[i]!;
      return step.run(parameters, gradients, batch);
    };
    const slope = (move(size) - move(-size)) / (2 * size);
    values.set(kept);
    assert.ok(Math.abs(slope / squares - 1) < 0.02, `${name}: ${slope / squares}`);
    comparedCount++;
  }
  assert.equal(comparedCount, 12);
});

test("padding rows weigh nothing", () => {
  const rows = createToyRows(3).map(encodeToyRow);
  const parameters = createParameters(toyShape, createRandom(computeSeed("padding")));
  const [short, full] = [createGradients(toyShape), createGradients(toyShape)];
  const loss = createGradientStep(toyShape, 8).run(parameters, short, createBatch(rows, 8, context));
  const same = createGradientStep(toyShape, 3).run(parameters, full, createBatch(rows, 3, context));
  assert.ok(Math.abs(loss - same) < 1e-5);
  for (const [name] of listParameters(toyShape)) {
    for (const [i, slope] of short[name]!.entries()) assert.ok(Math.abs(slope - full[name]![i]!) < 1e-5, name);
  }
});

test("training learns the toy language, and repeats to the bit", async () => {
  const first = await createToyParameters(60);
  assert.ok(first.losses[0]! > 2.5);
  assert.ok(first.losses.at(-1)! < 1, `${first.losses.at(-1)}`);
  assert.deepEqual((await createToyParameters(60)).parameters, first.parameters);
});
