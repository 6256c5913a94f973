import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunRecord } from "../../src/domain/record.ts";
import { UsageError } from "../../src/errors.ts";
import { type ComparisonRequest, compareRecords } from "../../src/report/comparison.ts";
import { renderJson, renderResults } from "../../src/report/results.ts";
import { createFakeRecord, createGaussianRecord } from "../helpers/fake-record.ts";
import { payloads } from "../helpers/payloads.ts";

const compare = (change: Partial<ComparisonRequest> = {}, record: RunRecord = createFakeRecord()) =>
  compareRecords({ records: [{ run: "newswire", record }], metrics: null, generation: null, against: null, ...change });

test("every metric asked for has its arms and every pair of them, lines aside", () => {
  const comparisons = compare();
  assert.deepEqual(
    comparisons.map(({ metric }) => metric.name),
    ["rouge1", "loss"],
  );
  for (const { arms, pairs } of comparisons) {
    assert.equal(arms.length, 5);
    assert.equal(pairs.length, (4 * 3) / 2);
    assert.ok(pairs.every(({ arm, against }) => !arm.isLine && !against.isLine));
  }
  const [first] = comparisons[0]!.pairs;
  assert.deepEqual(
    [first!.arm.name, first!.against.name, first!.comparison.verdict],
    ["accumulate", "replace", "better"],
  );
});

test("against one arm, a line included, at a generation of one's choice, for all metrics", () => {
  const [rouge] = compare({ against: "full", metrics: ["rouge1"] });
  assert.equal(rouge!.pairs.length, 4);
  assert.ok(rouge!.pairs.every(({ comparison }) => comparison.verdict === "worse"));
  const [early] = compare({ generation: 1, metrics: ["loss"] });
  assert.deepEqual(
    early!.arms.map(({ cell }) => cell.generation),
    [1, 1, 1, 1, 0],
  );
  assert.equal(compare({ metrics: "all" }).length, 4);
  const [first] = compare({ generation: 0, metrics: ["loss"] });
  assert.ok(first!.arms.every(({ change }) => change === null));
});

test("a hosted model that wrote without a prompt is paired with no model that answers", () => {
  const record = createFakeRecord();
  const teachers = record.arms.map(({ id }) => ({ arm: id, endpoint: "base", model: "base-70b" }));
  const apart: RunRecord = { ...record, teachers, unprompted: "teachers" };
  const [rouge] = compare({ metrics: ["rouge1"] }, apart);
  assert.ok(rouge!.arms.every(({ change, isLine, isApart }) => change === null && isApart === !isLine));
  assert.equal(rouge!.pairs.length, (4 * 3) / 2, "their last models do one task");
  assert.match(renderResults([rouge!]), /^replace +3 .*\(that did another task\)/m);
  // The line is generation 0 of a hosted model as well, and wrote whole texts.
  assert.deepEqual(compare({ against: "full", metrics: ["rouge1"] }, apart)[0]!.pairs, []);
  assert.equal(compare({ against: "full", metrics: ["rouge1"] }, { ...record, teachers })[0]!.pairs.length, 4);
});

test("arms of different lengths have no pair, reference lines only one against a line", () => {
  const record = createFakeRecord();
  const uneven: RunRecord = {
    ...record,
    *measurements() {
      for (const one of record.measurements()) if (one.arm !== "replace" || one.generation === 0) yield one;
    },
  };
  for (const against of [null, "replace"]) {
    const [loss] = compare({ metrics: ["loss"], against }, uneven);
    assert.equal(loss!.pairs.length, against === null ? 3 : 0);
    assert.ok(loss!.pairs.every(({ arm, against: other }) => arm.name !== "replace" && other.name !== "replace"));
  }
  const [even] = compare({ metrics: ["loss"], against: "replace" });
  assert.deepEqual(
    even!.pairs.map(({ arm }) => arm.name),
    ["accumulate", "replace-oracle-25", "replace-random-25"],
  );
  assert.equal(compare({ metrics: ["loss"], against: "full" }, uneven)[0]!.pairs.length, 4);
});

test("what is not there is refused with what is", () => {
  const refuse = (change: Partial<ComparisonRequest>, what: RegExp, next: RegExp, record?: RunRecord) =>
    assert.throws(
      () => compare(change, record),
      (error: unknown) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.what, what);
        assert.match(error.next ?? "", next);
        return true;
      },
    );
  refuse({ metrics: ["rouge9"] }, /^no metric rouge9$/, /^choose among rouge1, loss, types, rows$/);
  refuse({ against: "nobody" }, /^no arm nobody$/, /^choose among replace, accumulate, .*full$/);
  refuse({ generation: 9 }, /^nothing has been measured at generation 9$/, /earlier generation/);
  const empty = { ...createFakeRecord(), measurements: () => [] };
  refuse({}, /^nothing has been measured yet$/, /resume/, empty);
});

test("two runs on the same texts are paired, on other texts they stand side by side", () => {
  const records = (other: RunRecord) => [
    { run: "one", record: createFakeRecord() },
    { run: "two", record: other },
  ];
  const [same] = compare({ records: records(createFakeRecord()), metrics: ["loss"], against: "one/replace" });
  assert.equal(same!.arms.length, 10);
  assert.equal(same!.pairs.length, 7);
  const twin = same!.pairs.find(({ arm }) => arm.name === "two/replace")!;
  assert.equal(twin.comparison.difference, 0);
  assert.equal(twin.comparison.verdict, "unclear");

  const others = [createFakeRecord({ items: 41 }), createFakeRecord({ dress: (text) => `${text} ` })];
  for (const other of others) {
    const [apart] = compare({ records: records(other), metrics: ["loss"], against: "one/replace" });
    assert.equal(apart!.arms.length, 10);
    assert.equal(apart!.pairs.length, 3);
  }
  const silent = { ...createFakeRecord(), examples: () => [] };
  const [unknown] = compare({
    records: [
      { run: "one", record: silent },
      { run: "two", record: silent },
    ],
    metrics: ["loss"],
  });
  assert.ok(unknown!.pairs.every(({ arm, against }) => arm.run === against.run));
  const [numbers] = compareRecords({
    records: [
      { run: "a", record: createGaussianRecord({ seeds: 4, generations: 2 }) },
      { run: "b", record: createGaussianRecord({ seeds: 4, generations: 2 }) },
    ],
    metrics: ["traceRatio"],
    generation: null,
    against: null,
  });
  assert.equal(numbers!.pairs.length, 6);
});

test("the JSON holds what its page says, infinities as words", () => {
  const [first] = renderJson(compare({ metrics: ["loss"] })) as Record<string, unknown>[];
  assert.deepEqual(Object.keys(first!), ["metric", "better", "arms", "pairs"]);
  const [arm] = first!.arms as Record<string, unknown>[];
  const { mean, low, high, change, ...rest } = arm!;
  assert.deepEqual(rest, {
    run: "newswire",
    arm: "replace",
    line: false,
    generation: 3,
    seeds: 3,
    items: 40,
    interval: "seeds and items",
  });
  assert.ok([mean, low, high].every((value) => typeof value === "number"));
  const keys = ["difference", "low", "high", "seeds", "interval", "verdict"];
  assert.deepEqual(Object.keys(change as object), keys);
  const [pair] = first!.pairs as Record<string, unknown>[];
  assert.deepEqual(Object.keys(pair!), ["arm", "against", "generation", ...keys]);

  const record = createFakeRecord({ seeds: 1 });
  const infinite: RunRecord = {
    ...record,
    *measurements() {
      for (const one of record.measurements()) yield { ...one, value: Number.POSITIVE_INFINITY, items: null };
    },
  };
  const [words] = renderJson(compare({ metrics: ["types"] }, infinite)) as { arms: { mean: unknown }[] }[];
  assert.equal(words!.arms[0]!.mean, "inf");
  assert.doesNotMatch(JSON.stringify(words), /NaN/);
});

test("the table names metric, direction and what the intervals cover, and puts one baseline beside", () => {
  const text = renderResults(compare({ metrics: ["loss"], against: "replace" }));
  assert.match(text, /^Test loss \(nats per token; lower is better\); intervals over seeds and items\n/);
  assert.match(
    text,
    /^arm +generation +mean +95 % interval +seeds +since generation 0 +verdict +against replace +95 % interval +verdict$/m,
  );
  assert.match(
    text,
    /^accumulate +3 +0\.7\d+ +0\.\d+ to 0\.\d+ +3 +\S+ \(\S+ %\) +unclear +-0\.1\d+ +-0\.\d+ to -0\.\d+ +better$/m,
  );
  assert.match(
    renderResults(compare({ metrics: ["loss"] })),
    /^replace-oracle-25 against accumulate +-0\.\d+ +.* better$/m,
  );
});

test("too many pairs are counted, not printed", () => {
  const arms = Array.from({ length: 9 }, (_, index) => ({
    id: `arm-${index}`,
    fields: { corpus: `c${index}` },
    slope: 0,
  }));
  const text = renderResults(compare({ metrics: ["loss"] }, createFakeRecord({ arms, items: 5, generations: 1 })));
  assert.match(text, /^36 pairs: choose one arm with --against, or all with --json$/m);
});

test("a terminal obeys nothing that an arm is called", () => {
  for (const payload of payloads) {
    const record = createFakeRecord({
      dress: () => payload,
      items: 2,
      seeds: 1,
      generations: 0,
      arms: [{ id: "a", fields: {}, slope: 0 }],
    });
    const text = renderResults(compare({ metrics: ["loss"] }, record));
    assert.doesNotMatch(text.replaceAll("\n", ""), /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    assert.equal(text.split("\n").length, 4, "a cell is one line");
  }
});
