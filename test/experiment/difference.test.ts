import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { computeDifference, computeExperimentDifference } from "../../src/experiment/difference.ts";
import { parseExperiment } from "../../src/experiment/parse.ts";
import { type Json, renderCanonical } from "../../src/keys/canonical.ts";

test("fields are dotted paths; lists are one field; what is not there is null", () => {
  const before = { a: 1, b: { c: [1, 2], d: null }, e: 1 };
  const after = { a: 1, b: { c: [1, 3], f: true }, g: { h: 2 } };
  assert.deepEqual(computeDifference(before, after), [
    { field: "b.c", before: [1, 2], after: [1, 3] },
    { field: "b.f", before: null, after: true },
    { field: "g", before: null, after: { h: 2 } },
    { field: "e", before: 1, after: null },
  ]);
  assert.deepEqual(computeDifference(null, 3), [{ field: "experiment", before: null, after: 3 }]);
});

test("nothing differs exactly where the values are equal", () => {
  const value = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
  const isNullish = (json: Json): boolean => renderCanonical(json).includes("null");
  fc.assert(
    fc.property(value, value, (before, after) => {
      assert.deepEqual(computeDifference(before, structuredClone(before)), []);
      if (isNullish(before) || isNullish(after)) return;
      assert.equal(computeDifference(before, after).length === 0, renderCanonical(before) === renderCanonical(after));
    }),
    { numRuns: 500, seed: 1 },
  );
});

const base = "dataset: { name: newswire }\nverifiers: { weak: { kind: perplexity, model: { real: 25% } } }\n";
const two = `${base}arms: { verifier: [oracle, weak], select.keep: 50% }\n`;

function differ(before: string, after: string, ...sets: readonly string[]) {
  const differences = computeExperimentDifference(parseExperiment(before), parseExperiment(after, { sets }));
  return differences.map(({ field, before: old, after: now }) => [field, old, now]);
}

test("a change of every arm is told once, a change of one by its name", () => {
  assert.deepEqual(differ(two, two), []);
  assert.deepEqual(differ(two, two, "sample.temperature=0.5", "dataset.train=7", "seeds=[0, 1]"), [
    ["seeds", [0], [0, 1]],
    ["dataset.train", 2000, 7],
    ["sample.temperature", 1, 0.5],
  ]);
  assert.deepEqual(differ(two, two, "verifiers.weak.model.real=50%"), [["verifiers.weak.model.real", 0.25, 0.5]]);
  const list = `${base}arms:\n  - { verifier: oracle, select.keep: 50% }\n  - { verifier: weak, select.keep: 50% }\n`;
  assert.deepEqual(differ(list, list, "arms.1.sample.topK=3"), [["arms.weak-3.sample.topK", null, 3]]);
});

test("arms that are only called otherwise have not changed; lost and new ones are named", () => {
  const one = `${base}arms: { verifier: oracle, select.keep: 50% }\n`;
  assert.deepEqual(differ(one, two), [
    [
      "verifiers.weak",
      null,
      {
        kind: "perplexity",
        model: { real: 0.25, params: { epochs: 1, steps: null, batch: 8, learningRate: 0.008, warmup: 10 } },
      },
    ],
    ["arms.weak", null, "weak"],
  ]);
  assert.deepEqual(differ(two, one).at(-1), ["arms.weak", "weak", null]);
  assert.deepEqual(differ(two, two, "workers=2", "keepModels=none", "name=other"), []);
});

test("a difference is told by the path that the file has for it", () => {
  const sets = [
    "evaluate.metrics=[rouge1]",
    "evaluate.decode=sample",
    "model.params.batch=4",
    "model.first.params.warmup=3",
    "model.start=previous",
    "select.keep=25%",
    "score=all",
  ];
  assert.deepEqual(
    differ(`${base}verifier: oracle\n`, `${base}verifier: oracle\n`, ...sets).map(([field]) => field),
    [
      "verifiers.self",
      "verifiers.random",
      "verifiers.weak",
      "model.start",
      "model.params.batch",
      "model.first.params.batch",
      "model.first.params.warmup",
      "score",
      "select.keep",
      "evaluate.decode.temperature",
      "evaluate.metrics",
    ],
  );
  const gaussian = computeExperimentDifference(
    parseExperiment("system: gaussian\n"),
    parseExperiment("system: gaussian\n", { sets: ["system.samples=7"] }),
  );
  assert.deepEqual(gaussian, [{ field: "system.samples", before: 100, after: 7 }]);
});
