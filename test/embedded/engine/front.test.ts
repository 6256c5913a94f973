// The gradient of the front, worked out by hand, against finite differences.

import assert from "node:assert/strict";
import { test } from "node:test";
import { addFrontGradients, createFront, runFront } from "../../../src/embedded/engine/front.ts";
import { createGradients } from "../../../src/embedded/engine/gradient.ts";
import { countPositions, createParameters, type ModelShape } from "../../../src/embedded/shape.ts";
import { computeSeed } from "../../../src/keys/seed.ts";
import { createRandom } from "../../../src/math/random.ts";

const shape: ModelShape = { width: 8, heads: 1, hidden: 4, article: 8, completion: 4, placeholders: 4, words: 6 };
const rows = 2;
const length = countPositions(shape);

test("every parameter's slope agrees with a finite difference", () => {
  const random = createRandom(computeSeed("front"));
  const parameters = createParameters(shape, random);
  const tokens = Uint16Array.from({ length: rows * length }, () => random.integer(14));
  const size = rows * length * shape.width;
  // The loss is a fixed random combination of h and y.
  const dh = Float32Array.from({ length: size }, () => random.normal());
  const dy = Float32Array.from({ length: size }, () => random.normal());
  const front = createFront(shape, rows);
  const run = (): number => {
    for (let row = 0; row < rows; row++) runFront(front, parameters, { shape, tokens, row, first: 0, last: length });
    return front.h.reduce((sum, value, i) => sum + value * dh[i]! + front.y[i]! * dy[i]!, 0);
  };
  run();
  const gradients = createGradients(shape);
  addFrontGradients(gradients, front, { parameters, shape, tokens, dh, dy: dy.slice() });

  let comparedCount = 0;
  for (const name of ["embedding", "position", "convolution"]) {
    const values = parameters[name]!;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      const step = 2 ** -8;
      values[i] = value + step;
      const above = run();
      values[i] = value - step;
      const slope = (above - run()) / (2 * step);
      values[i] = value;
      const given = gradients[name]![i]!;
      assert.ok(Math.abs(slope - given) <= 0.02 * Math.max(1, Math.abs(given)), `${name}[${i}]: ${slope}, ${given}`);
      comparedCount++;
    }
  }
  assert.equal(comparedCount, (16 + 12 + 3) * shape.width);
});

test("positions computed one by one are those computed at once", () => {
  const parameters = createParameters(shape, createRandom(computeSeed("steps")));
  const tokens = Uint16Array.from({ length }, (_, at) => at % 7);
  const [whole, parts] = [createFront(shape, 1), createFront(shape, 1)];
  runFront(whole, parameters, { shape, tokens, row: 0, first: 0, last: length });
  for (let at = 0; at < length; at++) runFront(parts, parameters, { shape, tokens, row: 0, first: at, last: at + 1 });
  assert.deepEqual(parts, whole);
});
