// How often the intervals hold the truth, on simulated data with a known effect, known seed variance and known noise:
// 1,000 data sets a setting. A 95 % interval that is honest covers 93 to 97 % of them.

import assert from "node:assert/strict";
import test from "node:test";
import { createItemResampler, measureItems } from "../../../src/evaluation/intervals/measure.ts";
import { comparePair } from "../../../src/evaluation/intervals/pair.ts";
import { createResampler } from "../../../src/evaluation/intervals/resampler.ts";
import { summarizeSeeds } from "../../../src/evaluation/intervals/summary.ts";
import { computeSeed } from "../../../src/keys/seed.ts";
import { createRandom, type Random } from "../../../src/math/random.ts";

const dataSets = 1_000;
const resampler = createResampler();

interface Setting {
  readonly seeds: number;
  readonly items: number;
  /** Standard deviations: of what a seed adds, of what an item adds, of what one item under one seed adds. */
  readonly bySeed: number;
  readonly byItem: number;
  readonly byCell: number;
}

/** Two arms that share their items' difficulty, and whose mean difference is `effect`. */
function createArms({ seeds, items, bySeed, byItem, byCell }: Setting, effect: number, random: Random) {
  const difficulty = Float64Array.from({ length: items }, () => random.normal());
  const gain = Float64Array.from({ length: items }, () => byItem * random.normal());
  const baseline = Array.from({ length: seeds }, () => ({ shift: bySeed * random.normal() }));
  const createRow = (shift: number, added: Float64Array | null) => {
    const row = difficulty.map((value, item) => value + shift + (added?.[item] ?? 0) + byCell * random.normal());
    return { value: row.reduce((sum, value) => sum + value, 0) / items, itemCount: items, items: row };
  };
  return {
    arm: baseline.map(({ shift }) => createRow(shift + effect + bySeed * random.normal(), gain)),
    baseline: baseline.map(({ shift }) => createRow(shift, null)),
  };
}

function measureCoverage(compute: (random: Random) => boolean, name: string): number {
  const random = createRandom(computeSeed("coverage-test", name));
  let held = 0;
  for (let set = 0; set < dataSets; set++) if (compute(random)) held += 1;
  return held / dataSets;
}

const holds = (
  { low, high }: { readonly low?: number | null; readonly high?: number | null },
  truth: number,
): boolean => low! <= truth && truth <= high!;

const settings: Record<string, Setting> = {
  "seeds matter most": { seeds: 20, items: 40, bySeed: 0.3, byItem: 0.3, byCell: 0.5 },
  "items matter most": { seeds: 20, items: 40, bySeed: 0.02, byItem: 0.6, byCell: 0.3 },
  "noise matters most": { seeds: 20, items: 40, bySeed: 0.02, byItem: 0.05, byCell: 1 },
};

for (const [name, setting] of Object.entries(settings)) {
  test(`20 seeds, ${name}: the paired interval covers the effect in 93 to 97 % of 1,000 data sets`, () => {
    const effect = 0.1;
    const coverage = measureCoverage((random) => {
      const { arm, baseline } = createArms(setting, effect, random);
      return holds(comparePair(arm, baseline, { better: "higher", resampler }), effect);
    }, name);
    assert.ok(coverage >= 0.93 && coverage <= 0.97, `${coverage}`);
  });
}

test("3 seeds: the crossed interval stays honest, if a little wide", () => {
  for (const [name, setting] of Object.entries(settings)) {
    const coverage = measureCoverage((random) => {
      const { baseline } = createArms({ ...setting, seeds: 3 }, 0, random);
      return holds(summarizeSeeds(baseline, resampler), 0);
    }, `3 ${name}`);
    assert.ok(coverage >= 0.92 && coverage <= 0.985, `${name}: ${coverage}`);
  }
});

test("one seed: the percentile interval covers what that seed would give on other items", () => {
  const resamples = createItemResampler()(100, computeSeed("items"));
  const coverage = measureCoverage((random) => {
    // Skewed, as losses are: exponential with mean 1.
    const items = Float64Array.from({ length: 100 }, () => -Math.log(1 - random.uniform()));
    return holds(measureItems("loss", items, resamples), 1);
  }, "one seed");
  assert.ok(coverage >= 0.915 && coverage <= 0.97, `${coverage}`);
});

test("no items: Student's interval over seeds covers in 93 to 97 %, at 20 seeds and at 3", () => {
  for (const seeds of [3, 20]) {
    const coverage = measureCoverage((random) => {
      const createValues = (mean: number) => Array.from({ length: seeds }, () => ({ value: mean + random.normal() }));
      return holds(comparePair(createValues(0.5), createValues(0), { better: "lower", resampler }), 0.5);
    }, `seeds ${seeds}`);
    assert.ok(coverage >= 0.93 && coverage <= 0.97, `${seeds} seeds: ${coverage}`);
  }
});
