import assert from "node:assert/strict";
import { test } from "node:test";
import { type MapNode, toPlain } from "../../../src/experiment/document/node.ts";
import { applySets } from "../../../src/experiment/document/sets.ts";
import { parseFileText } from "../../../src/experiment/document/yaml.ts";

const text = `
system: gaussian
corpus: replace
generations: 3
sample: { candidates: 1 }
arms:
  - { corpus: [replace, accumulate], select.keep: 50% }
lines: { full: { real: 100% } }
scales: { tiny: { generations: 1, sample.candidates: 2, lines.full.real: 50% }, odd: 3 }
`;

function set(...sets: readonly string[]) {
  const { root } = parseFileText(text, "x.yaml");
  const problems: { where: string; what: string; next?: string | undefined }[] = [];
  const tree = applySets(root as MapNode, sets, problems as never);
  return {
    value: JSON.parse(JSON.stringify(toPlain(tree))),
    told: problems.map(({ where, what, next }) => `${where}: ${what}${next ? `; ${next}` : ""}`),
  };
}

test("a YAML value goes to any path; later ones win", () => {
  const { value, told } = set("sample.temperature=0.7", "generations=5", "generations=[6]", "new.deep.key={a: 25%}");
  assert.deepEqual(told, []);
  assert.deepEqual(value.sample, { candidates: 1, temperature: 0.7 });
  assert.deepEqual(value.generations, [6]);
  assert.deepEqual(value.new, { deep: { key: { a: "25%" } } });
});

test("a short form is opened, and a mapping can replace it", () => {
  const { value } = set("system.samples=7", "corpus.share=10%", "sample={topK: 3}");
  assert.deepEqual(value.system, { kind: "gaussian", samples: 7 });
  assert.deepEqual(value.corpus, { policy: "replace", share: "10%" });
  assert.deepEqual(value.sample, { topK: 3 });
});

test("below arms, lines and scales the rest of a path is one key", () => {
  const { value } = set("arms.0.select.keep=25%", "lines.full.sample.topK=2", "scales.tiny.sample.candidates=9");
  assert.deepEqual(value.arms, [{ corpus: ["replace", "accumulate"], "select.keep": "25%" }]);
  assert.deepEqual(value.lines.full, { real: "100%", "sample.topK": 2 });
  assert.equal(value.scales.tiny["sample.candidates"], 9);
});

test("a scale goes in first, wherever it stands", () => {
  const { value, told } = set("generations=7", "scale=tiny");
  assert.deepEqual(told, []);
  assert.deepEqual([value.generations, value.sample.candidates, value.lines.full.real], [7, 2, "50%"]);
});

test("what cannot be set is told by its flag", () => {
  const cases: Readonly<Record<string, string>> = {
    generations: "--set generations: must be path=value; for example --set sample.temperature=0.7",
    "=3": "--set : must be path=value; for example --set sample.temperature=0.7",
    "a.=3": "--set a.: must be path=value; for example --set sample.temperature=0.7",
    "__proto__.x=1": "--set __proto__.x: must be path=value; for example --set sample.temperature=0.7",
    "generations=": "--set generations: gives no value; write null for none",
    "generations=[1": "--set generations: not valid YAML: flow sequence must end with a ]",
    "generations=@a": "--set generations: a plain value cannot begin with this character; put it in quotes",
    "generations.x=1": "--set generations.x: generations.x cannot be set: what stands above it is no mapping",
    "arms.1.corpus=mix": "--set arms.1.corpus: arms.1.corpus cannot be set: what stands above it is no mapping",
    "scale=tin": '--set scale: this experiment has no scale "tin"; did you mean tiny?',
    "scale=large": '--set scale: this experiment has no scale "large"; choose one of tiny, odd',
    "sample={a: 1, a: 2}": "--set sample: the key a is given twice; keep one of them",
  };
  for (const [argument, told] of Object.entries(cases)) assert.deepEqual(set(argument).told, [told], argument);
  assert.equal(Object.keys(cases).length, 12);
});
