import assert from "node:assert/strict";
import { test } from "node:test";
import { computeLabelPositions } from "../../../src/report/charts/labels.ts";
import fc from "../../helpers/properties.ts";

test("labels with room stay where their lines end", () => {
  assert.deepEqual(computeLabelPositions([10, 200, 100], { gap: 17, height: 300 }), [10, 200, 100]);
});

test("two labels at one place part evenly, and the edge holds them", () => {
  assert.deepEqual(computeLabelPositions([100, 100], { gap: 20, height: 300 }), [90, 110]);
  assert.deepEqual(computeLabelPositions([0, 0, 0], { gap: 20, height: 300 }), [0, 20, 40]);
  assert.deepEqual(computeLabelPositions([300, 300], { gap: 20, height: 300 }), [280, 300]);
  assert.deepEqual(computeLabelPositions([], { gap: 20, height: 300 }), []);
});

test("no two labels overlap, none leaves the plot, the order is kept", () => {
  const wishes = fc.array(fc.double({ min: 0, max: 300, noNaN: true }), { minLength: 1, maxLength: 25 });
  fc.assert(
    fc.property(wishes, (wished) => {
      const places = computeLabelPositions(wished, { gap: 17, height: 300 });
      const gap = Math.min(17, 300 / Math.max(1, wished.length - 1));
      const sorted = places.toSorted((a, b) => a - b);
      for (const [index, place] of sorted.entries()) {
        assert.ok(place >= -1e-6 && place <= 300 + 1e-6);
        if (index > 0) assert.ok(place - sorted[index - 1]! >= gap - 1e-6);
      }
      for (let a = 0; a < wished.length; a++) {
        for (let b = 0; b < wished.length; b++) if (wished[a]! < wished[b]!) assert.ok(places[a]! < places[b]!);
      }
    }),
  );
});
