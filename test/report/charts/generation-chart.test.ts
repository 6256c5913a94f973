import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cell } from "../../../src/report/cells.ts";
import { drawCharts } from "../../../src/report/charts/draw.ts";
import { createGenerationChart } from "../../../src/report/charts/generation-chart.ts";
import { createMarkers } from "../../../src/report/charts/marker.ts";
import { createMetricLabel } from "../../../src/report/metric-labels.ts";
import { computeSummary } from "../../../src/report/summary.ts";
import { createFakeRecord, createGaussianRecord } from "../../helpers/fake-record.ts";
import { type Element, readElements, readText } from "../../helpers/markup.ts";

type Record = ReturnType<typeof createFakeRecord>;

const createRequest = (record: Record, name: string) => ({
  label: createMetricLabel(record.metrics.find((metric) => metric.name === name)!),
  arms: record.arms,
  cells: computeSummary(record).cells.filter((cell) => cell.metric === name),
  markers: createMarkers(record.arms),
});

/** Draws one chart; a warning of the chart library is a failure. */
async function draw(record: Record, name: string): Promise<{ elements: Element[]; svg: string; markCount: number }> {
  const chart = createGenerationChart(createRequest(record, name));
  const [drawing] = await drawCharts([chart], assert.fail);
  return { elements: readElements(drawing!.file), svg: drawing!.file, markCount: chart.markCount };
}

const countMeans = (svg: string): number => {
  const group = /<g class="mark-symbol role-mark means_marks"[^>]*>(.*?)<\/g>/.exec(svg)![1]!;
  return readElements(group).filter((element) => element.name === "path").length;
};

test("no line joins a generation 0 that did another task to what came after it", async () => {
  const record = createFakeRecord({ seeds: 1, generations: 2 });
  const request = createRequest(record, "rouge1");
  const apart = new Set(record.arms.filter(({ isLine }) => !isLine).map(({ id }) => id));
  const [joined, parted] = await drawCharts(
    [createGenerationChart(request), { ...createGenerationChart({ ...request, apart }), name: "parted" }],
    assert.fail,
  );
  const listCurves = (svg: string): number[] =>
    [...svg.matchAll(/curves_marks"[^>]*><path d="([^"]*)"/g)].map(([, path]) => path!.split("L").length).sort();
  assert.deepEqual(listCurves(joined!.file), [3, 3, 3, 3]);
  assert.deepEqual(listCurves(parted!.file), [1, 1, 1, 1, 2, 2, 2, 2]);
  assert.match(readText(parted!.file), /0 is a hosted model that wrote without a prompt: another task/);
});

test("as many mean points as arms x (generations + 1), and every seed's dot beside them", async () => {
  const { svg, markCount } = await draw(createFakeRecord({ seeds: 3, generations: 4 }), "rouge1");
  assert.equal(markCount, 4 * 5);
  assert.equal(countMeans(svg), 4 * 5);
  const seeds = /seeds_marks"[^>]*>(.*?)<\/g>/.exec(svg)![1]!;
  assert.equal(readElements(seeds).length, 4 * 5 * 3);
});

test("a figure says what it shows: title, unit, direction, interval, arms and the reference line", async () => {
  const text = readText((await draw(createFakeRecord({ seeds: 2 }), "loss")).svg);
  for (const part of [
    "Test loss by generation",
    "nats per token, lower is better",
    "mean of 2 seeds; band: 95\u202f% interval (items only); small dots: single seeds",
    "generation (0 is trained on real data)",
    "replace-oracle-25",
    "accumulate",
    "full",
  ]) {
    assert.ok(text.includes(part), part);
  }
});

test("each mean point is named for those who cannot see it and titled for those who hover", async () => {
  const { elements, svg } = await draw(createFakeRecord(), "rouge1");
  const labels = elements.flatMap(({ attributes }) => attributes["aria-label"] ?? []);
  assert.ok(labels.some((label) => /^replace, generation 3: 0\.4\d+ \(0\.4\d+ to 0\.5\d+\)$/.test(label)));
  assert.equal(svg.match(/<title>/g)!.length, 4 * 4);
});

test("a hundred seeds over a hundred generations are a band, not ten thousand dots, on a logarithmic scale", async () => {
  const { svg, markCount, elements } = await draw(createGaussianRecord(), "traceRatio");
  assert.equal(markCount, 2 * 101);
  assert.equal(countMeans(svg), 2 * 101);
  assert.ok(elements.length < 800, `${elements.length} elements`);
  assert.match(readText(svg), /logarithmic scale.*pale band: the middle 80\u202f% of seeds/s);
});

test("an infinite mean stands on the edge and the figure says so", async () => {
  const record = createFakeRecord({ seeds: 1, generations: 1 });
  const request = createRequest(record, "types");
  const cells = request.cells.map(
    (cell): Cell => (cell.generation === 1 ? { ...cell, mean: Number.POSITIVE_INFINITY } : cell),
  );
  const chart = createGenerationChart({ ...request, cells });
  const [drawing] = await drawCharts([chart], assert.fail);
  assert.equal(countMeans(drawing!.file), chart.markCount);
  assert.match(readText(drawing!.file), /points on the edge are infinite/);
  assert.doesNotMatch(drawing!.file, /NaN|Infinity/);
});

test("one seed without intervals is drawn without bands", async () => {
  const { svg } = await draw(createFakeRecord({ seeds: 1 }), "types");
  assert.match(readText(svg), /one seed/);
  assert.doesNotMatch(readText(svg), /interval/);
});

test("a metric may be called anything without leaving the folder", () => {
  const record = createFakeRecord();
  const request = createRequest(record, "rouge1");
  const named = (name: string) => createGenerationChart({ ...request, label: { ...request.label, name } }).name;
  assert.equal(named("../../etc/passwd"), "etc-passwd-by-generation");
  assert.equal(named("\u0000"), "metric-by-generation");
  assert.match(named("x".repeat(500)), /^x{60}-by-generation$/);
});

test("the axis says what generation 0 is", () => {
  const request = createRequest(createFakeRecord({ seeds: 1, generations: 1 }), "loss");
  const title = (beginning: "trained" | "hosted" | "both"): string =>
    /generation \([^)]*\)/.exec(JSON.stringify(createGenerationChart({ ...request, beginning }).spec))![0];
  assert.equal(title("trained"), "generation (0 is trained on real data)");
  assert.equal(title("hosted"), "generation (0 is a hosted model as it stands)");
  assert.equal(title("both"), "generation (0 is trained on real data, or a hosted model)");
});
