import assert from "node:assert/strict";
import { test } from "node:test";
import { type BatchOptions, createBatchScorer, isBefore } from "../../src/evaluation/score-batch.ts";
import type { Lines } from "../../src/evaluation/score-lines.ts";
import { createRougeScorer } from "../../src/text/rouge-scorer.ts";
import { createText, toLines } from "./score-sources.ts";

const options = (ids: readonly [boolean, boolean], rows = false): BatchOptions => ({
  metrics: ["rouge1", "rougeLsum"],
  stemmer: false,
  predictions: { name: "p", hasIds: ids[0] },
  references: { name: "r", hasIds: ids[1] },
  rows,
});

const toBatchLines = (rows: readonly unknown[], first = 1): Lines => ({
  bytes: new TextEncoder().encode(toLines(rows)),
  count: rows.length,
  first,
});

test("a batch scores its lines in order and renders unrounded rows", () => {
  const texts = Array.from({ length: 40 }, (_, index) => [createText(index), createText(index * 3 + 1)] as const);
  const result = createBatchScorer(options([false, false], true))({
    predictions: toBatchLines(
      texts.map(([prediction]) => ({ prediction })),
      101,
    ),
    references: toBatchLines(
      texts.map(([, reference], index) => (index % 2 ? { reference } : { references: [reference] })),
      101,
    ),
  });
  assert.ok(result.kind === "scores");
  const scorer = createRougeScorer({ metrics: ["rouge1", "rougeLsum"] });
  const expected = texts.map(([prediction, reference]) => [...scorer.read(reference, prediction)]);
  assert.deepEqual([...result.scores], expected.flat());
  const rows = new TextDecoder()
    .decode(result.rows)
    .trim()
    .split("\n")
    .map((row) => JSON.parse(row));
  assert.deepEqual(
    rows,
    expected.map((numbers, index) => ({ id: 101 + index, rouge1: numbers.slice(0, 3), rougeLsum: numbers.slice(3) })),
  );
});

test("ids of a line must be the same, and their order is told", () => {
  const score = (ids: readonly unknown[], others: readonly unknown[] = ids) =>
    createBatchScorer(options([true, true]))({
      predictions: toBatchLines(ids.map((id) => ({ id, prediction: "a" }))),
      references: toBatchLines(others.map((id) => ({ id, reference: "a" }))),
    });
  assert.equal(score([1, 2], [2, 1]).kind, "other-order");
  const told = (ids: readonly unknown[], others?: readonly unknown[]) => {
    const result = score(ids, others);
    assert.ok(result.kind === "scores");
    return [result.firstId, result.lastId, result.isAscending];
  };
  assert.deepEqual(told([8, 9, "10"], ["8", 9, 10]), ["8", "10", true]);
  assert.deepEqual(told(["b", "a"]), ["b", "a", false]);
  assert.deepEqual(told(["a", "a"]), ["a", "a", false]);
});

test("an output row is called by the prediction's id, else by the reference's", () => {
  const name = (prediction: object, reference: object, ids: readonly [boolean, boolean]): unknown => {
    const result = createBatchScorer(options(ids, true))({
      predictions: toBatchLines([{ ...prediction, prediction: "a" }]),
      references: toBatchLines([{ ...reference, reference: "a" }]),
    });
    assert.ok(result.kind === "scores");
    return JSON.parse(new TextDecoder().decode(result.rows)).id;
  };
  assert.equal(name({ id: 7 }, { id: "7" }, [true, true]), 7);
  assert.equal(name({ id: "x" }, {}, [true, false]), "x");
  assert.equal(name({}, { id: "y" }, [false, true]), "y");
  assert.equal(name({}, {}, [false, false]), 1);
});

test("a bad row is told by file and line, the reference's own where it was put elsewhere", () => {
  const score = createBatchScorer(options([false, false]));
  const good = { prediction: "a", reference: "a" };
  const predictions = toBatchLines([good, good, {}], 11);
  assert.throws(
    () => score({ predictions, references: toBatchLines([good, good, good], 11) }),
    /^DatasetError: p:13: has no/,
  );
  const batch = { predictions: toBatchLines([good, good], 11), references: toBatchLines([good, {}], 11) };
  assert.throws(() => score(batch), /^DatasetError: r:12: has no "reference"/);
  assert.throws(() => score({ ...batch, referenceLines: [5, 80] }), /^DatasetError: r:80: /);
});

test("texts too long for a metric are told by line", () => {
  const long = `${"a b ".repeat(25_000)}\n`;
  const batch = {
    predictions: toBatchLines([{ prediction: long }]),
    references: toBatchLines([{ reference: long + long }]),
  };
  assert.throws(
    () => createBatchScorer(options([false, false]))(batch),
    /^DatasetError: p:1: .*too long for ROUGE-Lsum/,
  );
});

test("running numbers ascend, padded or not", () => {
  const ids = ["", "1", "9", "10", "a1", "a2", "a09", "a10"];
  for (const [index, id] of ids.entries()) {
    for (const other of ids.slice(index + 1)) assert.ok(isBefore(id, other) && !isBefore(other, id), `${id}, ${other}`);
    assert.ok(!isBefore(id, id));
  }
});
