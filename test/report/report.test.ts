import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunRecord } from "../../src/domain/record.ts";
import { writeReport } from "../../src/report/report.ts";
import { createFakeRecord, createGaussianRecord } from "../helpers/fake-record.ts";
import { readElements } from "../helpers/markup.ts";

async function collect(record: RunRecord): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const { files } = await writeReport(record, async (name, text) => void texts.set(name, text));
  assert.deepEqual([...texts.keys()], files);
  return texts;
}

test("a report is its tables, its figures with their sources, and the page last", async () => {
  const texts = await collect(createFakeRecord());
  assert.deepEqual(
    [...texts.keys()],
    [
      "metrics.csv",
      "arms.csv",
      "summary.csv",
      "lineage.csv",
      "lint.csv",
      "rouge1-by-generation.svg",
      "rouge1-by-generation.vl.json",
      "rouge1-by-rows.svg",
      "rouge1-by-rows.vl.json",
      "loss-by-generation.svg",
      "loss-by-generation.vl.json",
      "types-by-generation.svg",
      "types-by-generation.vl.json",
      "index.html",
    ],
  );
  for (const [name, text] of texts) {
    assert.ok(text.endsWith("\n"), name);
    if (name.endsWith(".vl.json")) assert.match((JSON.parse(text) as { $schema: string }).$schema, /vega-lite/);
    if (name.endsWith(".svg")) assert.equal(readElements(text)[0]!.name, "svg");
  }
  const figures = texts.get("index.html")!.match(/<svg role="graphics-document"/g)!;
  assert.equal(figures.length, 4);
});

test("the same record gives the same bytes, in every file", async () => {
  assert.deepEqual(await collect(createFakeRecord()), await collect(createFakeRecord()));
});

test("a hundred seeds and generations make a small report, in little time", async () => {
  const before = process.cpuUsage();
  const texts = await collect(createGaussianRecord());
  const { user, system } = process.cpuUsage(before);
  assert.ok(texts.get("index.html")!.length < 500_000);
  assert.ok(user + system < 10e6, `${(user + system) / 1e6} s`);
});

test("metrics whose names a file cannot carry, or that differ by them alone, get files of their own", async () => {
  const record = createFakeRecord({ items: 2, seeds: 1, generations: 1 });
  const names: Record<string, string> = { rouge1: "a/b", loss: "a:b", types: "A b", rows: "../../rows" };
  const renamed: RunRecord = {
    ...record,
    metrics: record.metrics.map((metric) => ({ ...metric, name: names[metric.name]! })),
    *measurements() {
      for (const one of record.measurements()) yield { ...one, metric: names[one.metric]! };
    },
  };
  const figures = [...(await collect(renamed)).keys()].filter((name) => name.endsWith(".svg"));
  assert.deepEqual(figures, [
    "a-b-by-generation.svg",
    "a-b-by-generation-2.svg",
    "A-b-by-generation-3.svg",
    "rows-by-generation.svg",
  ]);
});

test("figures that an earlier report left are stale, and no other file is", async () => {
  const stale: string[] = [];
  const names = [
    "loss-by-generation.svg",
    "length-by-generation.svg",
    "length-by-generation-2.vl.json",
    "rouge2-by-rows.svg",
    "index.html",
    "metrics.csv",
    "mine.svg",
    "notes-by-hand.vl.json",
    "length-by-generation.png",
  ];
  const record = createFakeRecord({ items: 2, seeds: 1, generations: 1 });
  await writeReport(
    record,
    async () => {},
    async (isStale) => void stale.push(...names.filter(isStale)),
  );
  assert.deepEqual(stale, ["length-by-generation.svg", "length-by-generation-2.vl.json", "rouge2-by-rows.svg"]);
});

test("nothing measured is a report too", async () => {
  const texts = await collect({ ...createFakeRecord(), measurements: () => [], examples: () => [] });
  assert.deepEqual(
    [...texts.keys()],
    ["metrics.csv", "arms.csv", "summary.csv", "lineage.csv", "lint.csv", "index.html"],
  );
});

test("a file that cannot be written is the caller's error, and the page is not written", async () => {
  const written: string[] = [];
  const failure = new Error("disk full");
  const write = async (name: string): Promise<void> => {
    if (name.endsWith(".svg")) throw failure;
    written.push(name);
  };
  await assert.rejects(writeReport(createFakeRecord({ items: 2 }), write), failure);
  assert.deepEqual(written, ["metrics.csv", "arms.csv", "summary.csv", "lineage.csv", "lint.csv"]);
});
