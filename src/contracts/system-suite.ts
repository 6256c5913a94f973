// The contract of a System: descriptions that are pure, performances that repeat, measurements that can be compared.
// Walks one turn and a half by hand: going round for ever is the loop's work.

import assert from "node:assert/strict";
import type { Description, Execute, Stage, Trial } from "../domain/stage.ts";
import type { Measurement, System } from "../domain/system.ts";
import { renderCanonical } from "../keys/canonical.ts";
import type { ContractCase } from "./case.ts";

export interface SystemSubject<Settings> {
  readonly system: System<Settings>;
  /** A trial of at least one generation, small enough to be run a few times. */
  readonly trial: Trial<Settings>;
  /** A fresh way to run descriptions, sharing nothing with another; Measurement[] is the value of evaluate stages. */
  createExecute(signal: AbortSignal): Execute | Promise<Execute>;
}

interface Walk {
  readonly stages: readonly Stage[];
  readonly evaluated: readonly (readonly Measurement[])[];
}

export function createSystemSuite<Settings>(subject: SystemSubject<Settings>): ContractCase[] {
  const { system, trial } = subject;

  const walk = async (seed = trial.seed, signal = new AbortController().signal): Promise<Walk> => {
    const execute = await subject.createExecute(signal);
    const first = { ...trial, seed, generation: 0 };
    const second = { ...first, generation: 1 };
    const measure = async (descriptions: readonly Description[]): Promise<readonly Measurement[]> =>
      (await Promise.all(descriptions.map(execute))).flatMap(({ value }) => value as readonly Measurement[]);

    const real = await execute(system.assemble(first, []));
    const model = await execute(system.train(first, real, undefined));
    const candidates = await execute(system.sample(first, model));
    const scores = await Promise.all(system.verify(first, candidates, model).map(execute));
    const kept = await execute(system.select(first, candidates, scores));
    const corpus = await execute(system.assemble(second, [kept]));
    const next = await execute(system.train(second, corpus, model));
    const evaluated = [await measure(system.evaluate(first, model)), await measure(system.evaluate(second, next))];
    return { stages: [real, model, candidates, ...scores, kept, corpus, next], evaluated };
  };
  const valuesOf = ({ stages }: Walk): unknown[] => stages.map(({ value }) => value);

  return [
    {
      name: "describing is pure and says everything in JSON",
      async run() {
        const turn = { ...trial, generation: 0 };
        const stage: Stage = { key: "0".repeat(64), kind: "train", value: undefined, digest: "" };
        const describe = (): Description[] => [
          system.assemble(turn, []),
          system.train(turn, stage, undefined),
          system.sample(turn, stage),
          ...system.verify(turn, stage, stage),
          ...system.evaluate(turn, stage),
        ];
        const render = (descriptions: Description[]): string[] =>
          descriptions.map(({ kind, version, parameters }) => renderCanonical({ kind, version, parameters }));
        assert.deepEqual(render(describe()), render(describe()));
      },
    },
    {
      name: "the same trial gives the same values and measurements",
      async run() {
        const [first, second] = [await walk(), await walk()];
        assert.deepEqual(valuesOf(second), valuesOf(first));
        assert.deepEqual(second.evaluated, first.evaluated);
      },
    },
    {
      name: "another seed gives other candidates",
      async run() {
        const [first, second] = [await walk(), await walk(trial.seed + 1)];
        assert.notDeepEqual(second.stages[2]?.value, first.stages[2]?.value);
      },
    },
    {
      name: "no stage changes what it was given",
      async run() {
        const execute = await subject.createExecute(new AbortController().signal);
        const turn = { ...trial, generation: 0 };
        const real = await execute(system.assemble(turn, []));
        const before = structuredClone(real.value);
        const model = await execute(system.train(turn, real, undefined));
        const trained = structuredClone(model.value);
        await execute(system.sample(turn, model));
        assert.deepEqual(real.value, before);
        assert.deepEqual(model.value, trained);
      },
    },
    {
      name: "every generation measures the same metrics, none of them NaN",
      async run() {
        const { evaluated } = await walk();
        const [first, second] = evaluated.map((measurements) => measurements.map(({ metric }) => metric));
        assert.ok(first && first.length > 0);
        assert.deepEqual(second, first);
        assert.equal(new Set(first).size, first.length, "a metric is measured twice");
        for (const { metric, value, low, high, items, itemCount } of evaluated.flat()) {
          assert.ok(!Number.isNaN(value), metric);
          assert.ok(low === undefined || high === undefined || low <= high, metric);
          if (!items) continue;
          assert.equal(items.length, itemCount, metric);
          const mean = items.reduce((sum, item) => sum + item, 0) / items.length;
          assert.ok(
            Math.abs(mean - value) <= 1e-9 * Math.max(1, Math.abs(value)),
            `${metric} is not the mean of its items`,
          );
        }
      },
    },
    {
      name: "an aborted signal ends it with an error",
      async run() {
        await assert.rejects(walk(trial.seed, AbortSignal.abort(new DOMException("stopped", "AbortError"))));
      },
    },
  ];
}
