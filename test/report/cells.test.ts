import assert from "node:assert/strict";
import { test } from "node:test";
import type { MeasurementRecord } from "../../src/domain/record.ts";
import { createResampler } from "../../src/evaluation/intervals/resampler.ts";
import { compareCells, listCells } from "../../src/report/cells.ts";
import { createFakeRecord, createGaussianRecord } from "../helpers/fake-record.ts";

const resampler = createResampler();

test("a cell is the mean of per-seed values with the interval of evaluation", () => {
  const record = createFakeRecord({ seeds: 4 });
  const cells = [...listCells(record, { resampler, keepItems: () => true })];
  assert.equal(cells.length, (4 * 4 + 1) * 4);
  const values = [...record.measurements()].filter(
    ({ arm, generation, metric }) => arm === "replace" && generation === 3 && metric === "loss",
  );
  const cell = cells.find(({ arm, generation, metric }) => arm === "replace" && generation === 3 && metric === "loss")!;
  assert.equal(values.length, 4);
  assert.ok(Math.abs(cell.mean - values.reduce((sum, { value }) => sum + value, 0) / 4) < 1e-12);
  assert.ok(cell.low! < cell.mean && cell.mean < cell.high!);
  assert.equal(cell.basis, "seeds and items");
  assert.equal(cell.itemCount, 40);
  assert.deepEqual(
    cell.seeds.map(({ seed }) => seed),
    [0, 1, 2, 3],
  );
});

test("fewer than three seeds are labelled items only; numbers without items are over seeds", () => {
  const [two] = listCells(createFakeRecord({ seeds: 2 }), { resampler, keepItems: () => true });
  assert.equal(two!.basis, "items only");
  const [gaussian] = listCells(createGaussianRecord({ seeds: 5, generations: 1 }), {
    resampler,
    keepItems: () => true,
  });
  assert.equal(gaussian!.basis, "seeds");
  assert.equal(gaussian!.itemCount, null);
  assert.ok(gaussian!.spread[0] < gaussian!.spread[1]);
});

test("items that nobody compares are let go, measurements that nobody asked for are not summarised", () => {
  const record = createFakeRecord();
  const cells = [
    ...listCells(record, { resampler, keepItems: (metric) => metric === "loss", only: (one) => one.generation === 3 }),
  ];
  assert.ok(cells.length > 0 && cells.every((cell) => cell.generation === 3));
  for (const { metric, seeds } of cells) {
    for (const { items } of seeds) assert.equal(items !== null, metric === "loss");
  }
});

test("a comparison pairs the seeds that both have and judges by the metric's direction", () => {
  const cells = [...listCells(createFakeRecord({ seeds: 3 }), { resampler, keepItems: () => true })];
  const find = (arm: string, metric: string) =>
    cells.find((cell) => cell.arm === arm && cell.metric === metric && cell.generation === 3)!;
  const loss = { name: "loss", basis: "gold", better: "lower" } as const;
  const rouge = { name: "rouge1", basis: "answers", better: "higher" } as const;
  const [worse] = compareCells(find("accumulate", "loss"), find("replace", "loss"), { metric: loss, resampler });
  assert.equal(worse!.verdict, "worse");
  assert.ok(worse!.difference > 0 && worse!.low! > 0);
  const [better] = compareCells(find("replace", "rouge1"), find("accumulate", "rouge1"), { metric: rouge, resampler });
  assert.equal(better!.verdict, "better");
  const types = { name: "types", basis: "samples", better: "neither" } as const;
  const [differs] = compareCells(find("replace", "types"), find("accumulate", "types"), { metric: types, resampler });
  assert.equal(differs!.verdict, "differs");

  const first = { ...find("accumulate", "loss"), seeds: find("accumulate", "loss").seeds.slice(0, 2) };
  const [two] = compareCells(first, find("replace", "loss"), { metric: loss, resampler });
  assert.equal(two!.seedCount, 2);
  assert.equal(two!.basis, "items only");
  assert.deepEqual(compareCells({ ...first, seeds: [] }, find("replace", "loss"), { metric: loss, resampler }), []);
});

test("a record is streamed: no more than one arm is held", () => {
  const record = createFakeRecord();
  let arm: string | null = null;
  const arms: string[] = [];
  const watched = {
    ...record,
    *measurements(): Generator<MeasurementRecord> {
      for (const one of record.measurements()) {
        if (one.arm !== arm) arms.push(one.arm);
        arm = one.arm;
        yield one;
      }
    },
  };
  const cells = listCells(watched, { resampler, keepItems: () => false });
  assert.equal(cells.next().value?.arm, "replace");
  assert.deepEqual(arms, ["replace", "accumulate"]);
});
