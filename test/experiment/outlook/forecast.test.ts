// What is still to come of a run, of stages that were asked for alike, are half there, or end nobody knows when.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answered } from "../../../src/domain/context.ts";
import { computeForecast, type Expected, type Standing } from "../../../src/experiment/outlook/forecast.ts";

type Stage = Expected["stages"][number];

const createStage = (key: string, more: Partial<Stage> = {}): Stage => ({
  ...{
    key,
    name: "sample",
    calls: 100,
    tokens: 1000,
    usd: 10,
    rows: 100,
    isOpenEnded: false,
    isDone: false,
    proof: null,
  },
  ...more,
});

const computeLeft = (
  stages: readonly Stage[],
  answered: Readonly<Record<string, Answered>>,
  more: Partial<Standing> = {},
) =>
  computeForecast(
    { stages },
    {
      ...{ answered: new Map(Object.entries(answered)), answeredAtStart: new Map(), rowsByKey: new Map() },
      ...{ isFinished: () => false, ...more },
    },
  );

test("the estimate stands until twenty calls of the like were answered, in whichever stage and process", () => {
  const stages = [createStage("a", { isDone: true }), createStage("b"), createStage("c", { name: "judge", usd: 50 })];
  assert.deepEqual(computeLeft(stages, { b: { calls: 10, usd: 0.1 } }), { calls: 190, usd: 59 });
  // A cent each by now; what the judge costs nobody has seen.
  assert.deepEqual(computeLeft(stages, { b: { calls: 20, usd: 0.2 } }), { calls: 180, usd: 50.8 });
  const known = computeLeft(stages, { a: { calls: 100, usd: 2 }, b: { calls: 50, usd: 1 } });
  assert.deepEqual(known, { calls: 150, usd: 51 });
  assert.deepEqual(
    computeLeft(stages, { a: { calls: 100, usd: 2 }, b: { calls: 99, usd: 2 } }, { isFinished: (key) => key !== "c" }),
    { calls: 100, usd: 50 },
  );
});

test("stages that took fewer calls than they might have tell what the next of their like will take", () => {
  const stages = [createStage("a", { isDone: true }), createStage("b")];
  assert.deepEqual(computeLeft(stages, { a: { calls: 50, usd: 5 } }), { calls: 50, usd: 5 });
  // At work, a stage knows its own rows.
  const rowsByKey = new Map([["b", { done: 0, total: 30 }]]);
  assert.deepEqual(computeLeft(stages, { a: { calls: 50, usd: 5 } }, { rowsByKey }), { calls: 30, usd: 3 });
});

test("a stage at work that takes several draws a call tells so of itself and of its like", () => {
  // Eight draws a prompt were to be a call each; the server writes all of them in one.
  const of = { calls: 800, usd: 8, rows: 800 };
  const stages = [createStage("a", of), createStage("b", of)];
  const left = (calls: number, done: number) =>
    computeLeft(stages, { a: { calls, usd: calls } }, { rowsByKey: new Map([["a", { done, total: 800 }]]) });
  assert.deepEqual(left(50, 400), { calls: 150, usd: 150 });
  assert.equal(left(10, 80).calls, 1590);
  // Rows are told a moment before their calls are counted: that is no saving.
  assert.equal(left(390, 400).calls, 1210);
});

test("until so many rows are accepted it takes as many calls a row as it has, and one at least", () => {
  const stages = [createStage("a", { calls: 1000, rows: 100, isOpenEnded: true })];
  const left = (calls: number, done: number) =>
    computeLeft(stages, { a: { calls, usd: calls } }, { rowsByKey: new Map([["a", { done, total: 100 }]]) }).calls;
  assert.equal(left(40, 20), 160);
  assert.equal(left(20, 30), 70);
  assert.equal(left(900, 10), 100);
  assert.equal(left(10, 5), 990);
});

test("what proves an endpoint is to come until its stage has been answered in this process", () => {
  const stages = [createStage("a", { proof: { calls: 9, tokens: 9, usd: 1 } })];
  assert.deepEqual(computeLeft(stages, {}), { calls: 109, usd: 11 });
  const there = { a: { calls: 50, usd: 0.5 } };
  const answeredAtStart = new Map(Object.entries(there));
  // By what its like have cost: the canaries are as short.
  assert.deepEqual(computeLeft(stages, there, { answeredAtStart }), { calls: 59, usd: 0.59 });
  assert.deepEqual(computeLeft(stages, { a: { calls: 60, usd: 0.6 } }, { answeredAtStart }), { calls: 40, usd: 0.4 });
});
