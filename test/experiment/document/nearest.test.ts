import assert from "node:assert/strict";
import { test } from "node:test";
import { computeEditDistance, findByStart, findNearest } from "../../../src/experiment/document/nearest.ts";
import fc from "../../helpers/properties.ts";

test("the nearest name, and none where nothing is near", () => {
  const known = ["generations", "dataset", "seeds", "select", "temperature"];
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["generation", "generations"],
    ["datset", "dataset"],
    ["Seeds", "seeds"],
    ["sedes", "seeds"],
    ["temprature", "temperature"],
    ["x", undefined],
    ["verifier", undefined],
  ];
  for (const [name, nearest] of cases) assert.equal(findNearest(name, known), nearest, name);
  assert.equal(findByStart("temp", known), "temperature");
  assert.equal(findByStart("se", known), undefined);
  assert.equal(findByStart("sel", ["select", "self"]), undefined);
});

/** By the definition, without a table. */
function measureSlowly(from: string, to: string): number {
  if (from === "" || to === "") return from.length + to.length;
  const [a, b] = [from.slice(0, -1), to.slice(0, -1)];
  const last = from.at(-1) === to.at(-1) ? 0 : 1;
  const ways = [measureSlowly(a, to) + 1, measureSlowly(from, b) + 1, measureSlowly(a, b) + last];
  const isSwap = from.length > 1 && to.length > 1 && from.at(-1) === to.at(-2) && from.at(-2) === to.at(-1);
  return Math.min(...ways, isSwap ? measureSlowly(from.slice(0, -2), to.slice(0, -2)) + 1 : Infinity);
}

test("the distance is that of the definition", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 5 });
  fc.assert(fc.property(word, word, (from, to) => computeEditDistance(from, to) === measureSlowly(from, to)));
});
