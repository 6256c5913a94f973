import assert from "node:assert/strict";
import { test } from "node:test";
import { drawCharts } from "../../../src/report/charts/draw.ts";
import { type Chart, computePlotHeight, createFrame } from "../../../src/report/charts/frame.ts";
import { readElements, readText } from "../../helpers/markup.ts";
import { payloads } from "../../helpers/payloads.ts";

const createChart = (title: string, labels: readonly string[]): Chart => ({
  name: "chart",
  title,
  description: title,
  markCount: 0,
  spec: createFrame(
    {
      title,
      subtitle: [],
      height: computePlotHeight(labels.length),
      labels: labels.map((text) => ({ text, end: 10, color: "#c8370a", shape: "circle" })),
    },
    [
      {
        name: "means",
        data: { values: labels.map((text, index) => ({ text, index })) },
        mark: { type: "point", filled: true },
        encoding: {
          x: { field: "index", type: "quantitative" },
          description: { field: "text", type: "nominal" },
        },
      },
    ],
  ),
});

test("no chart, no import; a chart is drawn the same way twice", async () => {
  assert.deepEqual(await drawCharts([]), []);
  const [first] = await drawCharts([createChart("one", ["a", "b"])], assert.fail);
  const [second] = await drawCharts([createChart("one", ["a", "b"])], assert.fail);
  assert.equal(first!.file, second!.file);
  assert.deepEqual(JSON.parse(first!.source), createChart("one", ["a", "b"]).spec);
});

test("a drawing holds no script, no style attribute, no address, and follows a dark system", async () => {
  const [drawing] = await drawCharts([createChart("one", ["a"])], assert.fail);
  const elements = readElements(drawing!.file);
  assert.equal(elements.filter(({ name }) => name === "style").length, 1);
  assert.equal(readElements(drawing!.inline).filter(({ name }) => name === "style").length, 0);
  for (const { name, attributes } of elements) {
    assert.ok(["svg", "g", "path", "line", "text", "rect", "style", "title"].includes(name), name);
    for (const key of Object.keys(attributes)) assert.doesNotMatch(key, /^(on|style$|href|xlink:href)/);
  }
  assert.match(drawing!.file, /prefers-color-scheme:dark/);
});

test("no text becomes an element of a drawing", async () => {
  const plain = payloads.map((_, index) => `label ${index}`);
  // In several figures, since a hundred labels in one would be cut.
  for (let start = 0; start < payloads.length; start += 50) {
    const hostile = payloads.slice(start, start + 50).map((payload) => payload.toWellFormed());
    const [expected] = await drawCharts([createChart("t", plain.slice(start, start + 50))], assert.fail);
    const [drawing] = await drawCharts([createChart(hostile[0]!, hostile)], assert.fail);
    const names = (svg: string): string[] => readElements(svg).map(({ name }) => name);
    assert.deepEqual(names(drawing!.file), names(expected!.file));
  }
  const [drawing] = await drawCharts([createChart("<b>&amp;\"'", ["<i>"])], assert.fail);
  assert.ok(readText(drawing!.file).includes("<b>&amp;\"'"));
});

test("a specification that asks for a file is not drawn, and nothing is fetched", async () => {
  const spec: Chart["spec"] = { data: { url: "file:///etc/hostname", format: { type: "csv" } }, mark: "point" };
  const chart = { ...createChart("one", []), spec };
  await assert.rejects(drawCharts([chart]), /^TypeError: figure chart asks for file:\/\/\/etc\/hostname$/);
});
