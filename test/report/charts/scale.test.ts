import assert from "node:assert/strict";
import { test } from "node:test";
import { computeClamped, computePixel, createScale } from "../../../src/report/charts/scale.ts";
import fc from "../../helpers/properties.ts";

test("values of one size get a linear scale with round ticks around them", () => {
  const scale = createScale([0.58, 0.47, 0.7]);
  assert.equal(scale.kind, "linear");
  assert.deepEqual(scale.ticks, [0.5, 0.55, 0.6, 0.65, 0.7]);
  assert.equal(scale.format, ",.2f");
});

test("positive values over more than two decades get powers of ten", () => {
  const scale = createScale([1, 0.0004]);
  assert.equal(scale.kind, "log");
  assert.deepEqual(scale.ticks, [0.001, 0.01, 0.1, 1]);
  assert.equal(scale.labelExpr, undefined);
  const wide = createScale([1, 1e-12]);
  assert.match(wide.labelExpr!, /10\u207b\u00b9\u2070/);
  assert.ok(wide.ticks.length <= 9);
});

test("zero and negative values keep a linear scale; what is never negative gets no negative axis", () => {
  assert.equal(createScale([0, 1000]).kind, "linear");
  assert.equal(createScale([-1, 1000]).kind, "linear");
  assert.equal(createScale([0, 0.1, 1]).domain[0], 0);
  assert.ok(createScale([-0.1, 1]).domain[0] < -0.1);
});

test("infinities and equal values do not break a scale", () => {
  assert.deepEqual(createScale([]).domain, [0, 1.06]);
  const scale = createScale([2, 2, Number.POSITIVE_INFINITY]);
  assert.ok(scale.domain[0] < 2 && scale.domain[1] > 2);
  assert.equal(computePixel(scale, Number.POSITIVE_INFINITY, 300), 0);
  assert.equal(computePixel(scale, Number.NEGATIVE_INFINITY, 300), 300);
  assert.equal(computeClamped(scale, Number.POSITIVE_INFINITY), scale.domain[1]);
});

test("every finite value lies inside, larger values higher, ticks few", () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(values, (list) => {
      const scale = createScale(list);
      assert.ok(scale.ticks.length >= 1 && scale.ticks.length <= 10, `${scale.ticks}`);
      const sorted = list.toSorted((a, b) => a - b);
      const pixels = sorted.map((value) => computePixel(scale, value, 300));
      for (const [index, pixel] of pixels.entries()) {
        assert.ok(pixel >= 0 && pixel <= 300);
        if (index > 0) assert.ok(pixel <= pixels[index - 1]! + 1e-6);
      }
    }),
  );
});
