import assert from "node:assert/strict";
import { test } from "node:test";
import { createSummaryBuilder, mostResampled, type ScoreSummary } from "../../src/evaluation/score-summary.ts";
import { createRandom } from "../../src/math/random.ts";

function summarize(values: readonly number[], seed = 0, blockSize = 7): ScoreSummary {
  const builder = createSummaryBuilder(["rouge1", "rougeL"], seed);
  for (let start = 0; start < values.length; start += blockSize) {
    const block = values.slice(start, start + blockSize);
    builder.add(Float64Array.from(block.flatMap((value) => [value / 4, value / 2, value, 0, 1, 1 - value])));
  }
  return builder.read();
}

const random = createRandom(Uint32Array.of(1, 2, 3, 4));
const draw = (count: number): number[] => Array.from({ length: count }, () => random.uniform());
const isNear = (one: number | undefined, other: number, reach: number): boolean =>
  Math.abs((one ?? Number.NaN) - other) < reach;

test("means are those of the pairs, whatever the blocks", () => {
  const values = draw(999);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const { pairs, metrics } = summarize(values);
  assert.equal(pairs, 999);
  assert.ok(isNear(metrics.rouge1?.precision, mean / 4, 1e-14));
  assert.ok(isNear(metrics.rouge1?.recall, mean / 2, 1e-14));
  assert.ok(isNear(metrics.rouge1?.fmeasure, mean, 1e-14));
  assert.ok(isNear(metrics.rougeL?.fmeasure, 1 - mean, 1e-14));
  assert.deepEqual([metrics.rougeL?.precision, metrics.rougeL?.recall], [0, 1]);
  assert.deepEqual(summarize(values, 0, 1000), summarize(values, 0, 1));
});

test("the bootstrap is named, seeded, and near the normal interval", () => {
  const values = draw(mostResampled);
  const summary = summarize(values);
  assert.deepEqual(summary.interval, { kind: "percentile bootstrap", level: 0.95, resamples: 1000, seed: 0 });
  assert.deepEqual(summarize(values), summary);
  const other = summarize(values, 1);
  assert.notDeepEqual(other.metrics, summary.metrics);
  assert.equal(other.metrics.rouge1?.fmeasure, summary.metrics.rouge1?.fmeasure);
  const { fmeasure = 0, low = 0, high = 0 } = summary.metrics.rouge1 ?? {};
  const reach = 1.96 * Math.sqrt(1 / 12 / mostResampled);
  assert.ok(isNear(high - fmeasure, reach, reach / 10) && isNear(fmeasure - low, reach, reach / 10));
  const { low: mirroredLow = 0, high: mirroredHigh = 0 } = summary.metrics.rougeL ?? {};
  assert.ok(isNear(mirroredLow, 1 - high, 1e-12) && isNear(mirroredHigh, 1 - low, 1e-12), "metrics share their draws");
});

test("one pair more than can be resampled gives the normal interval, by name", () => {
  const values = draw(mostResampled + 1);
  const { interval, metrics } = summarize(values, 0, 512);
  assert.deepEqual(interval, { kind: "normal", level: 0.95 });
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const reach = 1.959963984540054 * Math.sqrt(variance / values.length);
  assert.ok(isNear(metrics.rouge1?.low, mean - reach, 1e-12));
  assert.ok(isNear(metrics.rouge1?.high, mean + reach, 1e-12));
});

test("equal scores have no width, and neither has a single pair", () => {
  for (const values of [[0.3], Array<number>(50).fill(0.3), Array<number>(mostResampled + 5).fill(0.3)]) {
    const { fmeasure, low, high } = summarize(values).metrics.rouge1 ?? {};
    for (const value of [fmeasure, low, high]) assert.ok(isNear(value, 0.3, 1e-12));
  }
});
