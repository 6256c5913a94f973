import assert from "node:assert/strict";
import { test } from "node:test";
import type { ArmRecord } from "../../../src/domain/record.ts";
import { createMarkers } from "../../../src/report/charts/marker.ts";

const arm = (id: string, fields: ArmRecord["fields"], isLine = false): ArmRecord => ({
  id,
  fields,
  isLine,
  generations: 1,
});

test("few arms have a colour and a shape each; lines have none", () => {
  const markers = createMarkers([
    arm("replace", { corpus: "replace" }),
    arm("accumulate", { corpus: "accumulate" }),
    arm("full", { corpus: null }, true),
  ]);
  assert.deepEqual([...markers.keys()], ["replace", "accumulate"]);
  const [first, second] = [...markers.values()];
  assert.notEqual(first!.color, second!.color);
  assert.notEqual(first!.shape, second!.shape);
});

test("a verifier has one colour at every rate, and each rate a shape and a dash of its own", () => {
  const verifiers = ["oracle", "weak", "self", "random"];
  const rates = [0.125, 0.25, 0.5];
  const arms = verifiers.flatMap((verifier) => rates.map((keep) => arm(`${verifier}-${keep}`, { verifier, keep })));
  const markers = createMarkers(arms);
  assert.equal(new Set([...markers.values()].map((marker) => marker.color)).size, 4);
  assert.equal(new Set([...markers.values()].map((marker) => marker.familyShape)).size, 4);
  for (const rate of rates) {
    const shapes = verifiers.map((verifier) => markers.get(`${verifier}-${rate}`)!.shape);
    assert.equal(new Set(shapes).size, 1);
  }
  assert.equal(markers.get("oracle-0.25")!.family, "oracle");
});

test("more families than colours still differ in colour or form", () => {
  const arms = Array.from({ length: 30 }, (_, index) => arm(`arm-${index}`, { "model.params.lr": index }));
  const markers = [...createMarkers(arms).values()];
  assert.equal(new Set(markers.map(({ color, shape }) => `${color}/${shape}`)).size, 30);
});

test("that there is no verifier goes without saying; arms without differing fields go by their names", () => {
  const markers = createMarkers([arm("replace", { corpus: "replace", verifier: "none" }), arm("solo", {})]);
  assert.deepEqual(
    [...markers.values()].map((marker) => marker.family),
    ["replace", "solo"],
  );
});

test("a field in which reference lines alone differ is no part of what an arm is called", () => {
  const markers = createMarkers([
    arm("oracle", { verifier: "oracle", real: 0.125, generations: 3 }),
    arm("random", { verifier: "random", real: 0.125, generations: 3 }),
    arm("full", { verifier: "none", real: 1, generations: 0 }, true),
  ]);
  assert.deepEqual(
    [...markers.values()].map((marker) => marker.family),
    ["oracle", "random"],
  );
});
