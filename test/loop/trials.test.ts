import assert from "node:assert/strict";
import { test } from "node:test";
import type { StageRequest } from "../../src/domain/records.ts";
import type { TrialMeasurements } from "../../src/domain/system.ts";
import { createDescribingExecutor } from "../../src/loop/describing.ts";
import { createDurableExecutor } from "../../src/loop/durable.ts";
import type { LoopEvent } from "../../src/loop/event.ts";
import { simulateTrial } from "../../src/loop/memory.ts";
import { runTrials } from "../../src/loop/trials.ts";
import { createMemoryRecords, idleContext } from "../helpers/memory-records.ts";
import { createToySystem, createToyTrial } from "../helpers/toy-system.ts";

const options = { concurrency: 4, onFailure: () => undefined };

function createRun(grain: "generation" | "trial" = "generation") {
  const performed: string[] = [];
  const system = createToySystem(grain, performed);
  const records = createMemoryRecords();
  const stop = new AbortController();
  const events: LoopEvent[] = [];
  const createExecutor = (
    perform = ({ description, inputs }: StageRequest) => system.perform(description, inputs, idleContext),
  ) => createDurableExecutor({ records, perform, signal: stop.signal, onEvent: (event) => events.push(event) });
  return { performed, system, records, stop, events, createExecutor };
}

test("three models, each trained on what the one before wrote", async () => {
  const run = createRun();
  await runTrials([createToyTrial("a", 2)], run.system, run.createExecutor(), options);
  const means = [...run.records.stages.values()].filter(({ kind }) => kind === "train").map(({ value }) => value);
  // Mean of [1, 3] is 2; the largest of 2, 3, 4 is kept: 4; of 4, 5, 6: 6.
  assert.deepEqual(means, [2, 4, 6]);
  assert.equal(
    run.performed.filter((line) => line.startsWith("sample")).length,
    2,
    "the last generation samples nothing",
  );
});

test("a stage that two arms ask for runs once", async () => {
  const run = createRun();
  await runTrials(
    [createToyTrial("a", 1), createToyTrial("b", 1), createToyTrial("c", 1, 5)],
    run.system,
    run.createExecutor(),
    options,
  );
  const trained = run.performed.filter((line) => line.startsWith("train"));
  assert.equal(trained.length, 6, "arms a and b are the same chain, c is another");
});

test("running again reads everything back and performs nothing", async () => {
  const run = createRun();
  const trials = [createToyTrial("a", 0), createToyTrial("a", 1)];
  await runTrials(trials, run.system, run.createExecutor(), options);
  const [performedCount, keys] = [run.performed.length, [...run.records.stages.keys()]];
  run.events.length = 0;
  await runTrials(trials, run.system, run.createExecutor(), options);
  assert.equal(run.performed.length, performedCount);
  assert.deepEqual([...run.records.stages.keys()], keys);
  assert.ok(run.events.length > 0 && run.events.every(({ kind }) => kind === "stage-reused"));
});

test("the plan is the loop: the same keys, before anything has run", async () => {
  const run = createRun();
  const trials = [createToyTrial("a", 0), createToyTrial("b", 0), createToyTrial("c", 3, 7, 4)];
  const describing = createDescribingExecutor();
  await runTrials(trials, run.system, describing.execute, { ...options, concurrency: 1 });
  await runTrials(trials, run.system, run.createExecutor(), options);
  assert.deepEqual(new Set(describing.stages.keys()), new Set(run.records.stages.keys()));
  const shared = [...describing.stages.values()].find(({ description }) => description.kind === "train");
  assert.deepEqual(
    shared?.turns.map(({ arm }) => arm.id),
    ["a", "b"],
  );
});

test("a failure stops the others, is recorded, and is thrown once all have come to rest", async () => {
  const run = createRun();
  const perform = async ({ description, inputs }: StageRequest) => {
    if (description.kind === "train" && description.turn.arm.id === "bad") throw new Error("no memory");
    return run.system.perform(description, inputs, idleContext);
  };
  const trials = [createToyTrial("bad", 0, 9), createToyTrial("a", 0)];
  let seen: unknown;
  await assert.rejects(
    runTrials(trials, run.system, run.createExecutor(perform), {
      concurrency: 1,
      onFailure: (error) => (seen = error),
    }),
    /no memory/,
  );
  assert.match(String(seen), /no memory/);
  assert.equal(run.records.calls.filter((call) => call.startsWith("fail")).length, 1);
  assert.equal(
    run.performed.some((line) => line.includes(" a ")),
    false,
    "the next trial was not begun",
  );
});

test("a failing evaluation fails the run and is no unhandled rejection", async () => {
  const run = createRun();
  const perform = async ({ description, inputs }: StageRequest) => {
    if (description.kind === "evaluate" && description.turn.generation === 0) throw new Error("no metric");
    return run.system.perform(description, inputs, idleContext);
  };
  await assert.rejects(
    runTrials([createToyTrial("a", 0)], run.system, run.createExecutor(perform), options),
    /no metric/,
  );
});

test("an aborted run begins nothing more and records no failure", async () => {
  const run = createRun();
  const perform = async ({ description, inputs }: StageRequest) => {
    if (description.kind === "sample") run.stop.abort(new Error("stopped"));
    return run.system.perform(description, inputs, { ...idleContext, signal: run.stop.signal });
  };
  await assert.rejects(
    runTrials([createToyTrial("a", 0)], run.system, run.createExecutor(perform), options),
    /stopped/,
  );
  assert.equal(
    run.records.calls.some((call) => call.startsWith("fail")),
    false,
  );
});

test("a trial in memory goes through the same function and gives the same measurements", async () => {
  const durable = createRun();
  await runTrials([createToyTrial("a", 2)], durable.system, durable.createExecutor(), options);
  const expected = [...durable.records.stages.values()]
    .filter(({ kind }) => kind === "evaluate")
    .map(({ value }) => value);

  const run = createRun("trial");
  const perform = ({ description }: StageRequest) => simulateTrial(description.turn as never, run.system, idleContext);
  await runTrials([createToyTrial("a", 2)], run.system, run.createExecutor(perform), options);
  const [trial, ...others] = [...run.records.stages.values()];
  assert.equal(others.length, 0, "one durable stage a trial");
  const measured = trial?.value as TrialMeasurements;
  assert.deepEqual(
    measured.map(({ generation }) => generation),
    [0, 1, 2],
  );
  assert.deepEqual(
    measured.map(({ measurements }) => measurements),
    expected,
  );
});
