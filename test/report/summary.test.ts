import assert from "node:assert/strict";
import { test } from "node:test";
import type { MeasurementRecord, RunRecord } from "../../src/domain/record.ts";
import { computeSummary, pickHeadlines } from "../../src/report/summary.ts";
import { createFakeRecord, createGaussianRecord } from "../helpers/fake-record.ts";

/** The record as far as it was measured when `isKept` says so. */
const keep = (record: RunRecord, isKept: (one: MeasurementRecord) => boolean): RunRecord => ({
  ...record,
  *measurements() {
    for (const one of record.measurements()) if (isKept(one)) yield one;
  },
});

test("each arm is compared with its own beginning and with the first arm", () => {
  const summary = computeSummary(createFakeRecord());
  assert.deepEqual(summary.headlines, ["rouge1", "loss"]);
  assert.equal(summary.reference, "replace");
  const verdicts = (metric: string) =>
    Object.fromEntries(summary.changes.filter((one) => one.metric === metric).map((one) => [one.to.arm, one.verdict]));
  const expected = {
    replace: "worse",
    accumulate: "unclear",
    "replace-oracle-25": "better",
    "replace-random-25": "worse",
  };
  assert.deepEqual(verdicts("rouge1"), expected);
  assert.deepEqual(verdicts("loss"), expected);
  const versus = summary.differences.filter((one) => one.metric === "rouge1").map((one) => [one.to.arm, one.verdict]);
  assert.deepEqual(versus, [
    ["accumulate", "better"],
    ["replace-oracle-25", "better"],
    ["replace-random-25", "worse"],
  ]);
});

test("arms that have not come equally far are not compared: a difference is one of the models shown", () => {
  const record = keep(createFakeRecord(), ({ arm, generation }) => arm !== "accumulate" || generation < 2);
  const { changes, differences } = computeSummary(record);
  const change = changes.find((one) => one.to.arm === "accumulate" && one.metric === "loss")!;
  assert.equal(change.to.generation, 1);
  assert.ok(!differences.some((one) => one.to.arm === "accumulate"));
  assert.equal(differences.length, 2 * 2);
  assert.ok(differences.every(({ from, to }) => from.generation === 3 && to.generation === 3));
});

test("the means of a change are of the seeds that both ends share", () => {
  const record = keep(
    createFakeRecord(),
    ({ arm, generation, seed }) => arm !== "replace" || generation < 3 || seed > 0,
  );
  const change = computeSummary(record).changes.find((one) => one.to.arm === "replace" && one.metric === "loss")!;
  assert.deepEqual([change.seedCount, change.from.seeds.length, change.to.seeds.length], [2, 3, 2]);
  assert.ok(Math.abs(change.toMean - change.fromMean - change.difference) < 1e-12);
  assert.ok(Math.abs(change.from.mean - change.fromMean) > 1e-6);
});

test("a run that has only begun, or not even, is summarised without comparisons", () => {
  const begun = computeSummary(keep(createFakeRecord(), ({ generation }) => generation === 0));
  assert.deepEqual(begun.changes, []);
  assert.equal(begun.differences.length, 2 * 3);
  const empty = computeSummary(keep(createFakeRecord(), () => false));
  assert.deepEqual([empty.cells, empty.changes, empty.differences], [[], [], []]);
});

test("headlines are the known metrics, then those with a direction", () => {
  const metric = (name: string, better: "higher" | "neither") => ({ name, basis: "none", better }) as const;
  assert.deepEqual(pickHeadlines(createGaussianRecord().metrics), ["traceRatio", "meanError"]);
  assert.deepEqual(pickHeadlines([metric("a", "neither"), metric("b", "higher"), metric("loss", "higher")]), [
    "loss",
    "b",
  ]);
  assert.deepEqual(pickHeadlines([metric("a", "neither")]), ["a"]);
  assert.deepEqual(pickHeadlines([]), []);
});
