// The Gaussian as a system: its contract, its metrics, every corpus policy on the loop, and what it refuses.

import assert from "node:assert/strict";
import test from "node:test";
import { createSystemSuite } from "../../../src/contracts/system-suite.ts";
import { computeParts } from "../../../src/corpora/parts.ts";
import type { Policy } from "../../../src/domain/corpus.ts";
import type { Description, Execute } from "../../../src/domain/stage.ts";
import { measureGaussian } from "../../../src/systems/gaussian/metrics.ts";
import { createRealModel } from "../../../src/systems/gaussian/model.ts";
import { findGaussianProblems, type GaussianSettings } from "../../../src/systems/gaussian/settings.ts";
import { createGaussianSystem } from "../../../src/systems/gaussian/system.ts";
import { computeDeviation, context, defaults, gather, simulate } from "./simulation.ts";

const system = createGaussianSystem({ computeParts });
const names = ["traceRatio", "meanError", "determinantRatio", "wasserstein"];

for (const draws of ["statistics", "rows"] as const) {
  for (const corpus of ["replace", "accumulate"] as const) {
    const settings: GaussianSettings = { ...defaults, dimensions: 3, draws, corpus: { kind: corpus }, metrics: names };
    const subject = {
      system,
      trial: { arm: { id: "arm", generations: 2, settings }, seed: 4 },
      createExecute(signal: AbortSignal): Execute {
        const execute: Execute = async (description: Description) => {
          const value = await system.perform(description, description.inputs as never, { ...context, signal });
          return { key: "0", kind: description.kind, value, digest: "" };
        };
        return execute;
      },
    };
    for (const { name, run } of createSystemSuite(subject)) test(`${draws}, ${corpus}: ${name}`, run);
  }
}

test("metrics equal their closed forms where the covariance is diagonal", () => {
  const model = { mean: Float64Array.of(3, -4), covariance: Float64Array.of(4, 0, 0, 0.25) };
  const values = measureGaussian(model, names).map(({ value }) => value);
  const expected = [4.25 / 2, 25, 1, Math.sqrt(25 + 1 + 0.25)];
  for (const [index, value] of expected.entries()) assert.ok(Math.abs(values[index]! - value) < 1e-12, names[index]);
  const [sigma] = measureGaussian({ mean: Float64Array.of(0), covariance: Float64Array.of(0.09) }, ["sigma"]);
  assert.equal(sigma?.value, 0.3);
  assert.deepEqual(
    measureGaussian(createRealModel(5), names).map(({ value }) => value),
    [1, 0, 1, 0],
  );
  // Fewer rows than dimensions: the volume is zero, not rounding.
  const flat = { mean: new Float64Array(2), covariance: Float64Array.of(1, 1, 1, 1) };
  assert.equal(measureGaussian(flat, ["determinantRatio"])[0]?.value, 0);
  assert.throws(() => measureGaussian(flat, ["rouge1"]), /no metric rouge1/);
});

test("arms of one seed start from the same data, seeds do not", async () => {
  const run = (corpus: Policy, firstSeed: number) => simulate({ corpus, fits: 3, trials: 1, firstSeed });
  const [replaced] = await run({ kind: "replace" }, 1);
  const [accumulated] = await run({ kind: "accumulate" }, 1);
  const [other] = await run({ kind: "replace" }, 2);
  assert.deepEqual(replaced?.[0], accumulated?.[0]);
  assert.notDeepEqual(replaced?.[2], accumulated?.[2]);
  assert.notDeepEqual(replaced?.[0], other?.[0]);
});

test("every policy runs, and they lose variance in the order that theory gives", async () => {
  const policies: Record<string, Policy> = {
    accumulate: { kind: "accumulate" },
    doubling: { kind: "accumulate-doubling" },
    subsample: { kind: "accumulate-subsample", budget: null, replacement: false },
    repeated: { kind: "accumulate-subsample", budget: null, replacement: true },
    mixed: { kind: "mix", share: 0.5 },
    replace: { kind: "replace" },
  };
  const means: Record<string, number> = {};
  for (const [name, corpus] of Object.entries(policies)) {
    const results = await simulate({ corpus, samples: 20, fits: 12, trials: 300 });
    const ratios = gather(results, "traceRatio", 12);
    assert.ok(ratios.every((ratio) => ratio > 0 && ratio < 10));
    means[name] = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  }
  assert.ok(means.doubling! > means.subsample!, JSON.stringify(means));
  assert.ok(means.accumulate! > means.subsample! && means.subsample! > means.replace!, JSON.stringify(means));
  assert.ok(means.subsample! > means.repeated! && means.mixed! > means.replace!, JSON.stringify(means));
});

test("a full mix is real data for ever, and its single fit has the expected bias", async () => {
  const results = await simulate({ corpus: { kind: "mix", share: 1 }, samples: 10, fits: 4, trials: 500 });
  assert.deepEqual(gather(results, "traceRatio", 4), gather(results, "traceRatio", 1));
  assert.ok(Math.abs(computeDeviation(gather(results, "traceRatio", 4), 0.9)) < 4);
});

test("fewer rows than dimensions run as singular matrices", async () => {
  const [generations] = await simulate({ dimensions: 31, samples: 10, fits: 5, trials: 1, metrics: names });
  for (const { measurements } of generations!) {
    assert.equal(measurements.find(({ metric }) => metric === "determinantRatio")?.value, 0);
    assert.ok(measurements.every(({ value }) => Number.isFinite(value)));
  }
});

test("settings that cannot be run are named all at once", () => {
  assert.deepEqual(findGaussianProblems(defaults), []);
  const problems = findGaussianProblems({ ...defaults, dimensions: 101, samples: 1, metrics: ["sigma", "rouge1"] });
  assert.deepEqual(
    problems.map(({ where, what }) => `${where}: ${what}`),
    [
      "system.dimensions: 101 is not a whole number from 1 to 100",
      "system.samples: 1 is not a whole number of at least 2",
      "evaluate.metrics: sigma is one number only in one dimension, not in 101",
      "evaluate.metrics: a Gaussian has no metric rouge1",
    ],
  );
});
