import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunRecord } from "../../../src/domain/record.ts";
import { computeSummary } from "../../../src/report/summary.ts";
import { renderArmsCsv, renderMetricsCsv } from "../../../src/report/tables/metrics-csv.ts";
import { renderSummaryCsv } from "../../../src/report/tables/summary-csv.ts";
import { createFakeRecord, createGaussianRecord } from "../../helpers/fake-record.ts";

test("metrics.csv has a row a measurement, in plan order, and reads back to the same numbers", () => {
  const record = createFakeRecord();
  const [head, ...rows] = renderMetricsCsv(record).trimEnd().split("\n");
  assert.equal(head, "arm,seed,generation,metric,value,low,high,items");
  const measured = [...record.measurements()];
  assert.equal(rows.length, measured.length);
  for (const [index, one] of measured.entries()) {
    const cells = rows[index]!.split(",");
    assert.deepEqual(cells.slice(0, 4), [one.arm, String(one.seed), String(one.generation), one.metric]);
    assert.equal(Number(cells[4]), one.value);
    assert.equal(cells[7], one.itemCount === null ? "" : "40");
  }
  assert.equal(renderMetricsCsv(createFakeRecord()), renderMetricsCsv(record));
});

test("a number of one seed has the same interval in metrics.csv and in summary.csv", () => {
  const record = createFakeRecord({ seeds: 1 });
  const bounds = (text: string, value: number, metric: number): Map<string, string> =>
    new Map(
      text
        .trimEnd()
        .split("\n")
        .slice(1)
        .map((line) => line.split(","))
        .filter((cells) => ["rouge1", "loss"].includes(cells[metric]!))
        .map((cells) => [`${cells[0]} ${cells[metric - 1]} ${cells[metric]}`, cells.slice(value, value + 3).join()]),
    );
  const measured = bounds(renderMetricsCsv(record), 4, 3);
  assert.ok(measured.size > 20);
  assert.deepEqual(bounds(renderSummaryCsv(computeSummary(record)), 3, 2), measured);
});

test("infinities are words, what is missing is empty", () => {
  const base = { arm: "a", seed: 0, generation: 0, metric: "m", low: null, high: null, itemCount: null, items: null };
  const record: RunRecord = {
    ...createGaussianRecord(),
    measurements: () => [
      { ...base, value: Number.POSITIVE_INFINITY },
      { ...base, value: Number.NEGATIVE_INFINITY, low: 0.1, high: 1e-9 },
    ],
  };
  assert.equal(renderMetricsCsv(record).split("\n").slice(1).join("\n"), "a,0,0,m,inf,,,\na,0,0,m,-inf,0.1,1e-9,\n");
});

test("arms.csv has a row an arm and a column a differing field, keep as a number", () => {
  assert.equal(
    renderArmsCsv(createFakeRecord()),
    [
      "arm,corpus,verifier,keep",
      "replace,replace,none,1",
      "accumulate,accumulate,none,1",
      "replace-oracle-25,replace,oracle,0.25",
      "replace-random-25,replace,random,0.25",
      "full,,,",
      "",
    ].join("\n"),
  );
});

test("fields that are records are canonical JSON; an arm that lacks one leaves it empty", () => {
  const arms = [
    { id: "a", fields: { "model.params": { b: [1], a: true } }, slope: 0 },
    { id: "b", fields: { "select.best": 4 }, slope: 0 },
  ];
  assert.equal(
    renderArmsCsv(createFakeRecord({ arms })),
    'arm,model.params,select.best\na,"{""a"":true,""b"":[1]}",\nb,,4\n',
  );
});

test("summary.csv has the mean over seeds of every arm, generation and metric, with what the interval covers", () => {
  const summary = computeSummary(createFakeRecord());
  const [head, ...rows] = renderSummaryCsv(summary).trimEnd().split("\n");
  assert.equal(head, "arm,generation,metric,mean,low,high,seeds,items,interval");
  assert.equal(rows.length, (4 * 4 + 1) * 4);
  const [, , , mean, low, high, ...rest] = rows[0]!.split(",");
  const cell = summary.cells[0]!;
  assert.deepEqual([Number(mean), Number(low), Number(high)], [cell.mean, cell.low, cell.high]);
  assert.deepEqual(rest, ["3", "40", "seeds and items"]);
});
