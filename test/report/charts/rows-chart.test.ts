import assert from "node:assert/strict";
import { test } from "node:test";
import { drawCharts } from "../../../src/report/charts/draw.ts";
import { createMarkers } from "../../../src/report/charts/marker.ts";
import { createRowsChart } from "../../../src/report/charts/rows-chart.ts";
import { createMetricLabel } from "../../../src/report/metric-labels.ts";
import { computeSummary } from "../../../src/report/summary.ts";
import { createFakeRecord, type FakeArm } from "../../helpers/fake-record.ts";
import { readText } from "../../helpers/markup.ts";

const verifiers = ["oracle", "weak", "self", "random"];
const selection: FakeArm[] = [
  ...verifiers.flatMap((verifier) =>
    [0.125, 0.25, 0.5].map((keep) => ({
      id: `${verifier}-${keep * 100}`,
      fields: { verifier, keep },
      slope: keep / 10,
    })),
  ),
  { id: "full", fields: { verifier: null, keep: null }, slope: 0.15, line: true },
];

function createChart(arms: readonly FakeArm[]) {
  const record = createFakeRecord({ arms, generations: 1, items: 30 });
  const { cells } = computeSummary(record);
  return createRowsChart({
    label: createMetricLabel(record.metrics[0]!),
    arms: record.arms,
    cells: cells.filter((cell) => cell.metric === "rouge1"),
    rows: cells.filter((cell) => cell.metric === "rows"),
    markers: createMarkers(record.arms),
  });
}

test("figure 4: one line a verifier through its rates, with the generator and full real data as rules", async () => {
  const chart = createChart(selection)!;
  assert.equal(chart.name, "rouge1-by-rows");
  assert.equal(chart.markCount, 12);
  const [drawing] = await drawCharts([chart], assert.fail);
  const svg = drawing!.file;
  const countOf = (name: string): number =>
    [...svg.matchAll(new RegExp(`${name}_marks"[^>]*>(.*?)</g>`, "g"))].flatMap((match) => [
      ...match[1]!.matchAll(/<(path|line)/g),
    ]).length;
  assert.equal(countOf("means"), 12);
  assert.equal(countOf("curves"), 4);
  assert.equal(countOf("references"), 2);
  const text = readText(svg);
  for (const name of [...verifiers, "generator (generation 0)", "full", "250", "500", "1,000"])
    assert.ok(text.includes(name), name);
});

test("points of equal counts stand side by side, and their true count is in the data", () => {
  const spec = JSON.stringify(createChart(selection)!.spec);
  const rows = [...spec.matchAll(/"rows":(\d+),"at":([\d.]+)/g)].map((match) => [Number(match[1]), Number(match[2])]);
  assert.equal(rows.length, 12);
  assert.deepEqual(
    [...new Set(rows.map(([count]) => count))].sort((a, b) => a! - b!),
    [250, 500, 1000],
  );
  assert.equal(new Set(rows.map(([, at]) => at)).size, 12);
  for (const [count, at] of rows) assert.ok(Math.abs(Math.log(at! / count!)) < 0.1);
});

test("without verifiers, or with one count for all, there is no such figure", () => {
  assert.equal(createChart([{ id: "replace", fields: { corpus: "replace", keep: 1 }, slope: 0 }]), null);
  assert.equal(
    createChart(verifiers.map((verifier) => ({ id: verifier, fields: { verifier, keep: 0.5 }, slope: 0 }))),
    null,
  );
});
