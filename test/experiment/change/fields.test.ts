import assert from "node:assert/strict";
import { test } from "node:test";
import { computeDifference } from "../../../src/experiment/change/difference.ts";
import { listFieldDifferences } from "../../../src/experiment/change/fields.ts";
import { parseExperiment } from "../../../src/experiment/parse.ts";
import { type Json, renderCanonical } from "../../../src/keys/canonical.ts";
import fc from "../../helpers/properties.ts";

test("paths lead to leaves; lists are one field; what is not there is null", () => {
  const before = { a: 1, b: { c: [1, 2], d: null }, e: 1 };
  const after = { a: 1, b: { c: [1, 3], f: true }, g: { h: 2 } };
  assert.deepEqual(computeDifference(before, after), [
    { path: ["b", "c"], before: [1, 2], after: [1, 3] },
    { path: ["b", "f"], before: null, after: true },
    { path: ["g"], before: null, after: { h: 2 } },
    { path: ["e"], before: 1, after: null },
  ]);
  assert.deepEqual(computeDifference(null, 3), [{ path: [], before: null, after: 3 }]);
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
    { numRuns: 500 },
  );
});

const base = "dataset: { name: newswire }\nverifiers: { weak: { kind: perplexity, model: { real: 25% } } }\n";
const two = `${base}arms: { verifier: [oracle, weak], select.keep: 50% }\n`;

function differ(before: string, after: string, ...sets: readonly string[]) {
  const read = (text: string, given: readonly string[]) => ({
    experiment: parseExperiment(text, { sets: given }),
    materials: null,
  });
  const differences = listFieldDifferences(read(before, []), read(after, sets));
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
  assert.deepEqual(differ(one, two), [["arms.weak", null, "weak"]]);
  assert.deepEqual(differ(two, one), [["arms.weak", "weak", null]]);
});

test("what no stage depends on is told as well", () => {
  assert.deepEqual(differ(two, two, "workers=2", "keepModels=none", "name=other"), [
    ["name", "experiment", "other"],
    ["workers", null, 2],
    ["keepModels", "all", "none"],
  ]);
  assert.deepEqual(
    differ(two, two, "lint.empty.fatal=true").map(([field]) => String(field).split(".").slice(0, 2).join(".")),
    ["lint.empty"],
  );
  const gated = `${two}gates: [{ metric: rouge1, arm: weak, generation: 0, op: ">", value: 0 }]\n`;
  const gate = { metric: "rouge1", arm: "weak", generation: 0, op: ">", value: 0 };
  assert.deepEqual(differ(two, gated), [["gates", [], [gate]]]);
  assert.deepEqual(differ(gated, `# a line more moves its place\n${gated}`), []);
});

test("a difference is told by the path and in the words that the file has for it", () => {
  const oracle = `${base}verifier: oracle\n`;
  const cases: readonly (readonly [string, readonly string[], readonly unknown[]])[] = [
    [oracle, ["corpus=accumulate"], [["corpus", "replace", "accumulate"]]],
    [oracle, ["corpus={ policy: mix, share: 10% }"], [["corpus", "replace", { policy: "mix", share: 0.1 }]]],
    [`${base}corpus: { policy: mix, share: 10% }\n`, ["corpus.share=20%"], [["corpus.share", 0.1, 0.2]]],
    [
      `${base}corpus: accumulate-subsample\n`,
      ["corpus.budget=9", "corpus.replacement=true"],
      [
        ["corpus.budget", null, 9],
        ["corpus.replacement", false, true],
      ],
    ],
    [base, ["verifier=oracle"], [["verifier", "none", "oracle"]]],
    [oracle, ["score=all"], [["score", "needed", "all"]]],
    [`${oracle}score: all\n`, ["verifiers={}"], [["verifiers.weak", weak, null]]],
    [oracle, ["model.start=previous"], [["model.start", "base", "previous"]]],
    [oracle, ["select.keep=25%"], [["select.keep", 1, 0.25]]],
    [oracle, ["evaluate.metrics=[rouge1]"], [["evaluate.metrics", metrics, ["rouge1"]]]],
    [oracle, ["evaluate.decode=sample"], [["evaluate.decode.temperature", 0, 1]]],
    [
      oracle,
      ["dataset={ file: mine.jsonl }"],
      [["dataset", { name: "newswire", train: 2000, test: 300 }, fileSettings]],
    ],
    ["dataset: { file: mine.jsonl }\n", ["dataset.dedupe.near=80%"], [["dataset.dedupe.near", null, 0.8]]],
    ["system: gaussian\n", ["system.samples=7"], [["system.samples", 100, 7]]],
    ["system: gaussian\n", ["corpus=accumulate"], [["corpus", "replace", "accumulate"]]],
  ];
  for (const [text, sets, expected] of cases) assert.deepEqual(differ(text, text, ...sets), expected, sets.join(" "));
  assert.deepEqual(differ(oracle, "system: gaussian\n"), [["system", "language", "gaussian"]]);
});

const params = { epochs: 1, steps: null, batch: 8, learningRate: 0.008, warmup: 10 };
const weak = { kind: "perplexity", model: { real: 0.25, params } };
const metrics = ["rouge1", "rouge2", "rougeL", "loss", "diversity"];
const fileSettings = {
  file: "mine.jsonl",
  fields: { id: null, article: "article", summary: "summary" },
  split: { test: 0.2, seed: 0 },
  train: null,
  test: null,
  filter: {
    empty: "refuse",
    longer: "keep",
    article: { minCharacters: null, maxCharacters: null, minWords: null, maxWords: null },
    summary: { minCharacters: null, maxCharacters: null, minWords: null, maxWords: null },
  },
  dedupe: { exact: "none", near: null, words: 5 },
  decontaminate: null,
};

test("what follows from another field is not told beside it; what has a value of its own is", () => {
  assert.deepEqual(differ(two, two, "model.params.batch=4"), [["model.params.batch", 8, 4]]);
  assert.deepEqual(differ(two, two, "model.first.params.batch=4"), [["model.first.params.batch", 8, 4]]);
  assert.deepEqual(differ(two, two, "sample.maxTokens=8"), [["sample.maxTokens", 16, 8]]);
  assert.deepEqual(differ(two, two, "verifiers.weak.model.params.batch=2"), [
    ["verifiers.weak.model.params.batch", 8, 2],
  ]);
  const decoded = `${two}evaluate: { decode: sample }\n`;
  assert.deepEqual(differ(decoded, decoded, "sample.temperature=0.5"), [["sample.temperature", 1, 0.5]]);
  assert.deepEqual(differ(two, two, "model.params.batch=4", "model.first.params.batch=2"), [
    ["model.params.batch", 8, 4],
    ["model.first.params.batch", 8, 2],
  ]);
});
