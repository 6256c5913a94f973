// The smallest system there is, with values one can check by hand: a model is the mean of its corpus,
// its candidates are that mean plus 0, 1 and 2, and selection keeps the largest.

import type { Description, Turn } from "../../src/domain/stage.ts";
import type { System } from "../../src/domain/system.ts";

export interface ToySettings {
  readonly start: number;
}

export function createToySystem(
  grain: "generation" | "trial" = "generation",
  performed: string[] = [],
): System<ToySettings> {
  const describe = (
    kind: Description["kind"],
    turn: Turn<ToySettings>,
    inputs: Description["inputs"],
    parameters = {},
  ): Description => ({ kind, version: 1, parameters, inputs, turn });
  const numbers = (value: unknown): readonly number[] => value as readonly number[];
  return {
    name: "toy",
    version: 1,
    grain,
    assemble: (turn, kept) =>
      kept.length === 0
        ? describe("assemble", turn, [], { start: turn.arm.settings.start, seed: turn.seed })
        : describe("assemble", turn, [kept.at(-1)!]),
    train: (turn, corpus) => describe("train", turn, [corpus]),
    sample: (turn, model) => describe("sample", turn, [model]),
    verify: (turn, candidates) => [describe("verify", turn, [candidates])],
    select: (turn, candidates, scores) => describe("select", turn, [candidates, ...scores]),
    evaluate: (turn, model) => [describe("evaluate", turn, [model], { metric: "mean" })],
    async perform(description, inputs, context) {
      context.signal.throwIfAborted();
      performed.push(
        `${description.kind} ${description.turn.arm.id} ${description.turn.seed} ${description.turn.generation}`,
      );
      const first = inputs[0]?.value;
      switch (description.kind) {
        case "assemble": {
          const { start, seed } = description.parameters as { start?: number; seed?: number };
          return start === undefined ? first : [start, start + (seed ?? 0)];
        }
        case "train":
          return numbers(first).reduce((sum, number) => sum + number, 0) / numbers(first).length;
        case "sample":
          return [0, 1, 2].map((step) => (first as number) + step);
        case "verify":
          return numbers(first).map((number) => number * 10);
        case "select":
          return [numbers(first)[numbers(inputs[1]?.value).indexOf(Math.max(...numbers(inputs[1]?.value)))]];
        case "evaluate":
          return [{ metric: "mean", value: first as number }];
        case "trial":
          throw new Error("a trial is simulated by the loop");
      }
    },
  };
}

export function createToyTrial(id: string, seed: number, start = 1, generations = 2) {
  return { arm: { id, generations, settings: { start } }, seed };
}
