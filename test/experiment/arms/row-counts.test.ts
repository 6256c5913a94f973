import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "../../../src/errors.ts";
import { parseExperiment } from "../../../src/experiment/parse.ts";

function tell(text: string, sets: readonly string[] = []): string {
  try {
    return parseExperiment(text, { file: "x.yaml", sets })
      .arms.map(({ id }) => id)
      .join(" ");
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ where, what, next }) => `${where}: ${what}; ${next}`).join("\n");
  }
}

const small = "dataset: { name: newswire, train: 60 }\n";

test("a mix of more real rows than there are is refused at the arm's own place", () => {
  const arms = "arms: { corpus: [replace, { policy: mix, share: 90% }] }\n";
  assert.equal(
    tell(`${small}real: 10%\n${arms}`),
    "x.yaml:3:49: arm mix: a share of 0.9 of 60 rows is 54 real rows, but there are 6; " +
      "lower the share, keep fewer candidates or train generation 0 on more real data",
  );
  assert.equal(tell(`${small}real: 90%\n${arms}`), "replace mix");
  assert.equal(tell(`${small}real: 10%\ngenerations: 0\n${arms}`), "replace mix");
  // A threshold may leave few enough.
  assert.equal(tell(`${small}real: 10%\nverifier: oracle\nselect: { threshold: 0.9 }\n${arms}`), "replace mix");
  assert.equal(tell(`${small}real: 10%\nverifier: oracle\nselect: { keep: 10% }\n${arms}`), "replace mix");
});

test("a budget is held against the pool there will be, and may be the whole of it", () => {
  const budget = (value: number) => `arms: { corpus: accumulate-subsample, corpus.budget: [7, ${value}] }\n`;
  const refused = (most: number) =>
    `arm ${most + 1}: ${most + 1} rows cannot be drawn without replacement from the ${most} there are at generation 1; lower the budget or set replacement: true`;
  assert.equal(tell(small + budget(120)), "7 120");
  assert.equal(tell(small + budget(121)), `x.yaml:2:58: ${refused(120)}`);
  assert.equal(tell(small + budget(121), ["arms.corpus.replacement=true"]), "7 121");
  assert.equal(tell(`system: gaussian\n${budget(201)}`), `x.yaml:2:58: ${refused(200)}`);
  assert.equal(tell(`system: gaussian\n${budget(200)}`), "7 200");
});

test("a selection that keeps none of what is planned is refused, by the one rounding rule", () => {
  const none = "so there is nothing to train on; raise select.keep or sample more candidates";
  const keep = (share: string) => `${small}verifier: oracle\nselect: { keep: ${share} }\n`;
  assert.equal(tell(keep("0.01%")), `x.yaml:3:17: arm replace: keeping 0.01% of 60 keeps none, ${none}`);
  assert.equal(tell(keep("0.83%")), `x.yaml:3:17: arm replace: keeping 0.83% of 60 keeps none, ${none}`);
  assert.equal(tell(keep("0.84%")), "replace");
  assert.equal(tell(keep("0.5%"), ["sample.candidates=2"]), "replace");
  assert.match(tell(keep("0.5%"), ["sample.candidates=2", "select.best=1"]), /keeping 0\.5% of 60 keeps none/);
  assert.equal(tell(keep("0.5%"), ["sample.candidates=2", "select.best=2"]), "replace");
});

test("doubling that best draws bound is refused at the generation it fails at", () => {
  const doubling = `${small}real: 50%\nverifier: oracle\nselect: { best: 1 }\ncorpus: accumulate-doubling\n`;
  assert.equal(
    tell(doubling),
    "x.yaml:4:17: arm accumulate-doubling: at most 60 rows are kept of 60 prompts, but accumulate-doubling needs 120 at generation 2; " +
      "leave select.best out, or run fewer generations",
  );
  assert.equal(tell(doubling, ["generations=2"]), "accumulate-doubling");
});
